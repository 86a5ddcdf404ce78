#include "net/tls.h"

#include <openssl/ssl.h>

#include <array>
#include <span>

#include "core/log.h"
#include "net/detail/openssl.h"
#include "net/detail/tls_session.h"

namespace gyre::net {
namespace {

constexpr std::array<unsigned char, 9> kAlpn = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

/// The same behind what is liked better.
constexpr std::array<unsigned char, 12> kAlpn2 = {2,   'h', '2', 8,   'h', 't',
                                                  't', 'p', '/', '1', '.', '1'};

SSL_CTX* NewContext(const SSL_METHOD* method) {
    SSL_CTX* const context = SSL_CTX_new(method);
    GYRE_CHECK(context != nullptr);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // Partial writes and moving buffers: a record that the socket did not take is tried again from
    // wherever its bytes lie by then. Buffers are given back when idle: connections are many.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_read_ahead(context, 1);  // several records in one call of the system
    return context;
}

int ChooseProtocol(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned int offered_size, void*) {
    const auto& session = *static_cast<detail::TlsSession*>(SSL_get_app_data(ssl));
    const std::span<const unsigned char> ours =
        session.SpeaksHttp2() ? std::span<const unsigned char>(kAlpn2) : kAlpn;
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, chosen_size, ours.data(),
                              static_cast<unsigned int>(ours.size()), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

// 1: go on. 0: fail with an alert.
int ShowCertificate(SSL* ssl, void* certificates) {
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const auto& session = *static_cast<detail::TlsSession*>(SSL_get_app_data(ssl));
    const auto chosen = static_cast<ServerCertificates*>(certificates)
                            ->Choose(name != nullptr ? name : "", session.LocalAddress());
    if (!chosen) {
        core::LogWarning("no certificate for a client", {{"name", name != nullptr ? name : ""},
                                                         {"reason", chosen.error().message}});
        return 0;
    }
    if (SSL_use_certificate(ssl, chosen->leaf.get()) != 1 ||
        SSL_use_PrivateKey(ssl, chosen->key.get()) != 1) {
        return 0;
    }
    SSL_clear_chain_certs(ssl);
    for (const auto& issuer : chosen->chain) {
        if (SSL_add1_chain_cert(ssl, issuer.get()) != 1) return 0;
    }
    return 1;
}

}  // namespace

TlsServer::TlsServer(std::unique_ptr<ServerCertificates> certificates)
    : certificates_(std::move(certificates)), context_(NewContext(TLS_server_method())) {
    SSL_CTX_set_cert_cb(context_, ShowCertificate, certificates_.get());
    SSL_CTX_set_alpn_select_cb(context_, ChooseProtocol, nullptr);
    SSL_CTX_set_options(context_, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    constexpr std::array<unsigned char, 4> kOurs = {'g', 'y', 'r', 'e'};
    SSL_CTX_set_session_id_context(context_, kOurs.data(), kOurs.size());
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);  // tickets keep sessions
}

TlsServer::~TlsServer() {
    SSL_CTX_free(context_);
}

core::Result<std::shared_ptr<const TlsClient>> TlsClient::Trusting(
    const std::filesystem::path& authorities) {
    std::shared_ptr<const TlsClient> client(new TlsClient(NewContext(TLS_client_method())));
    SSL_CTX* const context = client->Context();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size());
    if (authorities.empty()) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (SSL_CTX_load_verify_file(context, authorities.c_str()) != 1) {
        return detail::OpenSslFailure(core::Code::kInvalidArgument,
                                      authorities.string() + " holds no certificates to trust");
    }
    return client;
}

TlsClient::~TlsClient() {
    SSL_CTX_free(context_);
}

}  // namespace gyre::net
