/*
 * DER to the model's struct certificate. The only module that reads X.509; OpenSSL stays behind
 * it. Everything it fills in is copied into the caller's arena.
 */
#ifndef MXDANE_DANE_CERTIFICATE_H
#define MXDANE_DANE_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/certificate.h"

/*
 * Parses one DER certificate that fills `der` to its last byte; false where it is none. The marks
 * are left unset (see dane/records.h). At most LIMIT_CERT_NAMES dNSNames are taken.
 */
bool certificate_parse(struct bytes der, struct arena *arena, struct certificate *certificate);

/*
 * Whether `data` is what a TLSA record with matching type Full(0) must hold: one certificate
 * (selector 0) or one SubjectPublicKeyInfo (selector 1) in DER, with a public key that OpenSSL
 * understands and no byte left over. RFC 6698 section 2.1.4.
 */
bool certificate_data_is_valid(uint8_t selector, struct bytes data);

#endif
