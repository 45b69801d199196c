/* The rows of test_audit_findings.c about DNSSEC: its world is theirs. */
/* clang-format off */
static void ds_state(struct world *w, enum ds_state state) { w->ds_states[0] = state; }
static void ds_hides(struct world *w) { ds_state(w, DS_HIDES_WEAKER); w->domain.delegation.split = true; }
static void ds_hides_other(struct world *w) { ds_hides(w); w->ds.data.ds.algorithm = 8; }
static void ds_no_key(struct world *w) { ds_state(w, DS_OF_NO_KEY); }
static void ds_wrong(struct world *w) { ds_state(w, DS_WRONG); }
static void ds_no_zone_key(struct world *w) { ds_state(w, DS_OF_NO_ZONE_KEY); }
static void ds_revoked(struct world *w) { ds_state(w, DS_OF_REVOKED_KEY); }
static void ds_type(struct world *w) { ds_state(w, DS_TYPE_UNKNOWN); w->ds.data.ds.digest_type = 3; }
static void ds_not_compared(struct world *w) { ds_state(w, DS_NOT_COMPARED); }
static void ds_algorithm(struct world *w) { ds_state(w, DS_OF_NO_KEY); w->ds.data.ds.algorithm = 8; }
static void ds_algorithm_type(struct world *w) { ds_type(w); w->ds.data.ds.algorithm = 8; }
static void ds_algorithm_unknown(struct world *w) { ds_state(w, DS_OF_NO_KEY); w->ds.data.ds.algorithm = 18; }

#define DNSSEC_ROWS \
    {"DS hides a weaker one", ds_hides, " ds-digest-mismatch"}, \
    {"DS of another algorithm hides a weaker one", ds_hides_other, " ds-digest-mismatch"}, \
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
