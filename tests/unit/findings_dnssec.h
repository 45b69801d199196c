/* The rows of test_findings_findings.c about DNSSEC: its world is theirs. */
/* clang-format off */
static void ds_state(struct world *w, enum ds_state state) { w->ds_states[0] = state; }
static void ds_hides(struct world *w) { ds_state(w, DS_HIDES_WEAKER); w->domain.delegation.split = true; }
static void ds_hides_other(struct world *w) { ds_hides(w); w->ds.data.ds.algorithm = 8; }
static void ds_only_revoked(struct world *w) { ds_state(w, DS_ONLY_REVOKED); w->domain.delegation.split = true; }
static void ds_no_key(struct world *w) { ds_state(w, DS_OF_NO_KEY); }
static void ds_wrong(struct world *w) { ds_state(w, DS_WRONG); }
static void ds_no_zone_key(struct world *w) { ds_state(w, DS_OF_NO_ZONE_KEY); }
static void ds_revoked(struct world *w) { ds_state(w, DS_OF_REVOKED_KEY); }
static void ds_type(struct world *w) { ds_state(w, DS_TYPE_UNKNOWN); w->ds.data.ds.digest_type = 3; }
static void ds_not_compared(struct world *w) { ds_state(w, DS_NOT_COMPARED); }
static void ds_algorithm(struct world *w) { ds_state(w, DS_OF_NO_KEY); w->ds.data.ds.algorithm = 8; }
static void ds_algorithm_type(struct world *w) { ds_type(w); w->ds.data.ds.algorithm = 8; }
static void ds_algorithm_unknown(struct world *w) { ds_state(w, DS_OF_NO_KEY); w->ds.data.ds.algorithm = 18; }
static void zone(struct world *w, struct lookup *lookup, uint8_t algorithm, uint8_t type) { w->zone_record[0].data.ds = (struct record_ds){1, algorithm, type, BYTES("d")}; lookup->ad = false; lookup->zone_ds = &w->zone_ds; }
static void keys_not_judged(struct world *w) { not_walked(w); w->domain.host_count = 0; w->domain.lookup_count = 2; w->domain.delegation.states = NULL; zone(w, &w->lookups[1], 16, 2); }
static void keys_unknown(struct world *w) { keys_not_judged(w); zone(w, &w->lookups[1], 18, 2); }
static void keys_digest_unknown(struct world *w) { keys_not_judged(w); zone(w, &w->lookups[1], 13, 3); }
static void keys_both(struct world *w) { keys_unknown(w); w->zone_ds.record_count = 2; w->zone_record[1].data.ds = (struct record_ds){2, 15, 4, BYTES("d")}; }
static void mx_not_judged(struct world *w) { zone(w, &w->lookups[2], 16, 2); }
static void mx_denied(struct world *w) { mx_not_judged(w); w->lookups[2].status = LOOKUP_NXDOMAIN; w->lookups[2].record_count = 0; w->domain.host_count = 0; }
static void mx_failed(struct world *w) { mx_not_judged(w); fail_lookup(&w->lookups[2]); w->domain.host_count = 0; }
static void a_not_judged(struct world *w) { a_insecure(w); zone(w, &w->a[0], 16, 2); }
static void a_unknown(struct world *w) { a_insecure(w); zone(w, &w->a[0], 12, 3); }
static void aaaa_not_judged(struct world *w) { zone(w, &w->aaaa[0], 8, 1); }
static void tlsa_not_judged(struct world *w) { tlsa_insecure(w); zone(w, &w->tlsa_lookup[0], 16, 2); }
static void tlsa_denial_not_judged(struct world *w) { tlsa_absent(w); zone(w, &w->tlsa_lookup[0], 16, 2); }
static void partial_not_judged(struct world *w) { tlsa_not_judged(w); w->domain.host_count = 2; }
static void partial_unknown(struct world *w) { partial_not_judged(w); zone(w, &w->tlsa_lookup[0], 18, 2); }

#define DNSSEC_ROWS \
    {"keys not judged", keys_not_judged, " zone-not-judged"}, \
    {"an algorithm nobody knows", keys_unknown, " zone-algorithm-unknown"}, \
    {"a digest nobody knows", keys_digest_unknown, " zone-algorithm-unknown"}, \
    {"one that some know beside it", keys_both, " zone-not-judged"}, \
    {"MX not judged", mx_not_judged, " zone-not-judged"}, \
    {"MX denied, not judged", mx_denied, " zone-not-judged"}, \
    {"MX fails", mx_failed, " lookup-failed"}, \
    {"A not judged", a_not_judged, " zone-not-judged"}, \
    {"A of an algorithm nobody knows", a_unknown, " zone-algorithm-unknown"}, \
    {"AAAA not judged", aaaa_not_judged, " zone-not-judged"}, \
    {"TLSA not judged", tlsa_not_judged, " zone-not-judged"}, \
    {"no TLSA, not judged", tlsa_denial_not_judged, " zone-not-judged"}, \
    {"partial, not judged", partial_not_judged, " zone-not-judged"}, \
    {"partial, nobody knows", partial_unknown, " coverage-partial zone-algorithm-unknown"}, \
    {"DS hides a weaker one", ds_hides, " ds-digest-mismatch"}, \
    {"DS of another algorithm hides a weaker one", ds_hides_other, " ds-digest-mismatch"}, \
    {"DS of nothing but a revoked key", ds_only_revoked, " ds-key-revoked"}, \
    {"DS of no key", ds_no_key, " ds-stale"}, \
    {"DS wrong", ds_wrong, " ds-stale"}, \
    {"DS of no zone key", ds_no_zone_key, " ds-key-unfit"}, \
    {"DS of a revoked key", ds_revoked, " ds-key-unfit"}, \
    {"DS of an unknown type", ds_type, " ds-digest-unknown"}, \
    {"DS not compared", ds_not_compared, ""}, \
    {"DS of an algorithm without a key", ds_algorithm, " ds-algorithm-without-key"}, \
    {"the same, of an unknown type", ds_algorithm_type, " ds-algorithm-without-key"}, \
    {"DS of an algorithm nobody knows", ds_algorithm_unknown, " ds-stale"},
/* clang-format on */
