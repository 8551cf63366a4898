/* One end of a mutual TLS connection on mbed TLS: peer ROLE HOST PORT CERTIFICATE KEY CA VERSION. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

static void check(int code, const char *what) {
    if (code != 0) {
        char text[160];
        mbedtls_strerror(code, text, sizeof text);
        fprintf(stderr, "%s: -0x%04x %s\n", what, (unsigned)-code, text);
        exit(1);
    }
}

int main(int count, char **words) {
    if (count != 8 || strcmp(words[7], "1.2") != 0) {
        fprintf(stderr, "peer ROLE HOST PORT CERTIFICATE KEY CA 1.2\n");
        return 1;
    }
    int is_server = strcmp(words[1], "server") == 0;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_ssl_config config;
    mbedtls_ssl_context tls;
    mbedtls_x509_crt authorities, own;
    mbedtls_pk_context key;
    mbedtls_net_context listener, line;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&random);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&tls);
    mbedtls_x509_crt_init(&authorities);
    mbedtls_x509_crt_init(&own);
    mbedtls_pk_init(&key);
    mbedtls_net_init(&listener);
    mbedtls_net_init(&line);
    check(mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0), "random");
    check(mbedtls_x509_crt_parse_file(&authorities, words[6]), "CA file");
    check(mbedtls_ssl_config_defaults(&config, is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                      MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT), "config");
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_ca_chain(&config, &authorities, NULL);
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
    mbedtls_ssl_conf_read_timeout(&config, 5000);
    if (strcmp(words[4], "-") != 0) {
        check(mbedtls_x509_crt_parse_file(&own, words[4]), "certificate");
        check(mbedtls_pk_parse_keyfile(&key, words[5], NULL), "key");
        check(mbedtls_ssl_conf_own_cert(&config, &own, &key), "own");
    }
    check(mbedtls_ssl_setup(&tls, &config), "setup");
    if (is_server) {
        check(mbedtls_net_bind(&listener, words[2], words[3], MBEDTLS_NET_PROTO_TCP), "bind");
        check(mbedtls_net_accept(&listener, &line, NULL, 0, NULL), "accept");
    } else {
        check(mbedtls_ssl_set_hostname(&tls, "irisb.example.com"), "name");
        check(mbedtls_net_connect(&line, words[2], words[3], MBEDTLS_NET_PROTO_TCP), "connect");
    }
    mbedtls_ssl_set_bio(&tls, &line, mbedtls_net_send, mbedtls_net_recv, mbedtls_net_recv_timeout);
    int code = mbedtls_ssl_handshake(&tls);
    if (code != 0) {
        char text[160];
        mbedtls_strerror(code, text, sizeof text);
        fprintf(stderr, "-0x%04x %s\n", (unsigned)-code, text);
        mbedtls_net_free(&line);
        return 1;
    }
    unsigned char said[256];
    if (!is_server) {
        mbedtls_ssl_write(&tls, (const unsigned char *)"STATUS\n", 7);
    }
    int got = mbedtls_ssl_read(&tls, said, sizeof said);
    if (is_server && got > 0) {
        mbedtls_ssl_write(&tls, (const unsigned char *)"OK\n", 3);
    }
    mbedtls_ssl_close_notify(&tls);
    mbedtls_net_free(&line);
    return got > 0 ? 0 : 1;
}
