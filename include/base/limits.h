/*
 * Every maximum of the program, in one place. What a remote party sends is counted against
 * these; what exceeds one is a result that says so, never a silent truncation.
 */
#ifndef MXDANE_BASE_LIMITS_H
#define MXDANE_BASE_LIMITS_H

enum {
    LIMIT_NAME_WIRE = 255,        /* octets of a domain name on the wire, RFC 1035 section 2.3.4 */
    LIMIT_NAME_TEXT = 1024,       /* the same in presentation form: every octet as \DDD, dots */
    LIMIT_ALIASES = 16,           /* CNAMEs followed for one look-up */
    LIMIT_ZONE_QUESTIONS = 16,    /* to learn why the answers about a name are insecure */
    LIMIT_EDE_TEXT = 1024,        /* bytes of an extended DNS error: what is longer is none */
    LIMIT_RECORDS = 1024,         /* records of one RRset */
    LIMIT_HOSTS = 100,            /* MX hosts of one domain */
    LIMIT_ADDRESSES = 100,        /* addresses of one MX host */
    LIMIT_REPLY_LINES = 128,      /* lines of one SMTP reply */
    LIMIT_REPLY_MEANING = 1024,   /* bytes of a reply's text that are read for what it is about */
    LIMIT_SESSION_BYTES = 131072, /* plaintext a server may send in one session */
    LIMIT_TLS_BYTES = 262144,     /* the same inside TLS, certificates included; answers to KeyUpdate
                                     are as many at most, and may have to be held */
    LIMIT_READ_BYTES = 65536,     /* taken from a socket at once */
    LIMIT_DIALOGUE = 5 * LIMIT_REPLY_LINES + 32, /* lines kept for -v: all of a session's five replies */
    LIMIT_CHAIN_BYTES = 102400,   /* of the TLS message with the certificates */
    LIMIT_CERTIFICATES = 64,      /* certificates taken from one server */
    LIMIT_CERT_NAMES = 1024,      /* dNSNames taken from one certificate */
    LIMIT_CHAIN_DEPTH = 20,       /* issuers followed from the leaf */
    LIMIT_SIGNATURES = 64,        /* verified to find the order of a chain */
    LIMIT_ANCHOR_KEYS = 16,       /* 2 1 0: OpenSSL verifies the top of each chain with each of them */
    LIMIT_SESSION_FACTOR = 4,     /* a whole session gets this many SMTP timeouts */
    LIMIT_DOMAINS_IN_FLIGHT = 400, /* domains audited at once, beside one for each probe (-j) */
    LIMIT_STALLED = 2000,         /* and beside those that wait for a silent or resting server */
    LIMIT_TURN = 1000,            /* lines of a list taken before the loop has its turn */
    LIMIT_QUESTIONS = 192,        /* DNS questions in flight, each with a socket of its own: as many as
                                     the default socket of a busy resolver surely holds */
    LIMIT_PROBES = 10000,         /* -j: SMTP sessions in flight */
    LIMIT_PROBES_ASIDE = 1800,    /* without -j: sessions with silent servers beside them */
    LIMIT_PROMPT_MS = 100,        /* what a server may take without being silent */
    LIMIT_PAUSE_MS = 60000,       /* --pause */
    LIMIT_HOSTS_KEPT = 10000000,  /* --hosts */
    LIMIT_ENDING_MS = 4000,       /* from a signal to the end of a run over a list */
    LIMIT_DESCRIPTORS_KEPT = 34,  /* the libraries keep, beside the sockets of questions and probes */
    LIMIT_LIST_LINE = 4096,       /* bytes of a line of a list of domains, comment aside */
    LIMIT_NAMESERVERS = 16,       /* -n */
    LIMIT_DOWN_HOSTS = 64,        /* -D */
    LIMIT_ANCHOR_LINE = 4096,     /* a line of a trust anchor or root hints file */
    LIMIT_ANCHORS = 64,           /* records taken from either file */
    LIMIT_ADVICE = 500,           /* findings of a domain beside those that it fails by */
    LIMIT_STATUS_REASON = 1024,   /* bytes of the reason in the status line of a Nagios check */
    LIMIT_RETIRED = 256,          /* keys of CAs that no longer issue */
    LIMIT_RETIRED_LINE = 512,     /* a line of their file */
    LIMIT_PATTERN_MATCH = 100000, /* PCRE2 match limit */
    LIMIT_PATTERN_HEAP_KIB = 1024 /* PCRE2 heap limit */
};

#endif
