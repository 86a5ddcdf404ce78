#include "net/detail/tls_session.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "net/detail/openssl.h"

namespace gyre::net::detail {

/// OpenSSL's way to the socket: first what was read before it was known to be TLS, and no SIGPIPE.
struct SocketBio {
    static int Write(BIO* bio, const char* bytes, int size) {
        BIO_clear_retry_flags(bio);
        const auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
        while (true) {
            const ssize_t sent = ::send(session.socket_, bytes, static_cast<size_t>(size),
                                        MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent >= 0) return static_cast<int>(sent);
            if (errno == EINTR) continue;
            if (errno == EAGAIN) BIO_set_retry_write(bio);
            return -1;
        }
    }

    static int Read(BIO* bio, char* into, int size) {
        BIO_clear_retry_flags(bio);
        auto& session = *static_cast<TlsSession*>(BIO_get_data(bio));
        if (session.taken_ < session.received_.size()) {
            const size_t taken =
                std::min(static_cast<size_t>(size), session.received_.size() - session.taken_);
            std::memcpy(into, session.received_.data() + session.taken_, taken);
            session.taken_ += taken;
            if (session.taken_ == session.received_.size()) session.received_ = {};
            if (session.received_.empty()) session.taken_ = 0;
            return static_cast<int>(taken);
        }
        while (true) {
            const ssize_t got =
                ::recv(session.socket_, into, static_cast<size_t>(size), MSG_DONTWAIT);
            if (got >= 0) return static_cast<int>(got);
            if (errno == EINTR) continue;
            if (errno == EAGAIN) BIO_set_retry_read(bio);
            return -1;
        }
    }

    static long Control(BIO*, int command, long, void*) {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static int Create(BIO* bio) {
        BIO_set_init(bio, 1);
        return 1;
    }

    static const BIO_METHOD* Method() {
        static BIO_METHOD* const method = [] {
            BIO_METHOD* const made =
                BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gyre socket");
            BIO_meth_set_write(made, Write);
            BIO_meth_set_read(made, Read);
            BIO_meth_set_ctrl(made, Control);
            BIO_meth_set_create(made, Create);
            return made;
        }();
        return method;
    }
};

TlsSession::TlsSession(ssl_ctx_st* context, int socket, std::string received)
    : socket_(socket), ssl_(SSL_new(context)), received_(std::move(received)) {
    BIO* const bio = BIO_new(SocketBio::Method());
    GYRE_CHECK(ssl_ != nullptr && bio != nullptr);
    BIO_set_data(bio, this);
    SSL_set_bio(ssl_, bio, bio);
    SSL_set_app_data(ssl_, this);
}

TlsSession::~TlsSession() {
    SSL_free(ssl_);
}

std::unique_ptr<TlsSession> TlsSession::Accept(ssl_ctx_st* context, int socket,
                                               std::string received, bool http2) {
    std::unique_ptr<TlsSession> session(new TlsSession(context, socket, std::move(received)));
    session->http2_ = http2;
    SSL_set_accept_state(session->ssl_);
    return session;
}

std::unique_ptr<TlsSession> TlsSession::Connect(ssl_ctx_st* context, int socket,
                                                const std::string& host) {
    std::unique_ptr<TlsSession> session(new TlsSession(context, socket, {}));
    SSL_set_connect_state(session->ssl_);
    std::string bare = host;
    if (bare.starts_with('[') && bare.ends_with(']')) bare = bare.substr(1, bare.size() - 2);
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session->ssl_), bare.c_str()) != 1) {
        SSL_set1_host(session->ssl_, bare.c_str());
        SSL_set_tlsext_host_name(session->ssl_, bare.c_str());
    }
    ERR_clear_error();  // a name is no address: that is no error
    return session;
}

Outcome TlsSession::OutcomeOf(int result) {
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_WANT_READ:
            return Outcome::kWaitToReceive;
        case SSL_ERROR_WANT_WRITE:
            return Outcome::kWaitToSend;
        case SSL_ERROR_ZERO_RETURN:
            return Outcome::kEnded;
        default:
            break;
    }
    broken_ = true;
    const long verified = SSL_get_verify_result(ssl_);
    reason_ = TakeOpenSslError();
    if (verified != X509_V_OK) {
        reason_ = std::string("the certificate is not trusted: ") +
                  X509_verify_cert_error_string(verified);
    } else if (reason_.empty()) {
        reason_ = "the connection broke";
    }
    return Outcome::kBroken;
}

Outcome TlsSession::Handshake() {
    const std::lock_guard lock(mutex_);
    if (broken_) return Outcome::kBroken;
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result != 1) return OutcomeOf(result);
    established_ = true;
    return Outcome::kDone;
}

Transfer TlsSession::Receive(std::span<char> into) {
    const std::lock_guard lock(mutex_);
    if (broken_) return {Outcome::kBroken};
    ERR_clear_error();
    size_t bytes = 0;
    const int result = SSL_read_ex(ssl_, into.data(), into.size(), &bytes);
    if (result == 1) return {Outcome::kDone, bytes};
    return {OutcomeOf(result)};
}

Transfer TlsSession::Send(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    if (broken_) return {Outcome::kBroken};
    ERR_clear_error();
    size_t sent = 0;
    const int result = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent);
    if (result == 1) return {Outcome::kDone, sent};
    return {OutcomeOf(result)};
}

void TlsSession::SayNoMore() {
    const std::lock_guard lock(mutex_);
    if (!established_ || broken_) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
}

std::string TlsSession::Reason() const {
    const std::lock_guard lock(mutex_);
    return reason_;
}

bool TlsSession::Resumed() const {
    const std::lock_guard lock(mutex_);
    return SSL_session_reused(ssl_) == 1;
}

std::string TlsSession::LocalAddress() const {
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    char text[INET6_ADDRSTRLEN] = {};
    if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&local), &size) != 0) return {};
    if (local.ss_family == AF_INET) {
        inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(local).sin_addr, text,
                  sizeof text);
    } else if (local.ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(local).sin6_addr, text,
                  sizeof text);
    }
    return text;
}

}  // namespace gyre::net::detail
