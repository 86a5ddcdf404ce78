#pragma once

#include <filesystem>
#include <memory>

#include "core/result.h"
#include "net/server_certificates.h"

struct ssl_ctx_st;

namespace gyre::net {

/// A server's side of TLS 1.2 and 1.3: http/1.1 by ALPN, or h2 where a server speaks it (clients
/// that only speak others are told so), the certificate by the name that the client asks for,
/// resumption by tickets whose keys live as long as this. Thread-safe; outlives the servers that
/// use it.
class TlsServer {
  public:
    explicit TlsServer(std::unique_ptr<ServerCertificates> certificates);
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    /// For this room only.
    [[nodiscard]] ssl_ctx_st* Context() const { return context_; }
    [[nodiscard]] ServerCertificates& Certificates() const { return *certificates_; }

  private:
    const std::unique_ptr<ServerCertificates> certificates_;
    ssl_ctx_st* context_;
};

/// A client's side: whom it trusts. Thread-safe; outlives the clients that use it.
class TlsClient {
  public:
    /// Trusts the authorities in that PEM file, or the system's when it is "". Errors:
    /// kInvalidArgument when the file holds none.
    [[nodiscard]] static core::Result<std::shared_ptr<const TlsClient>> Trusting(
        const std::filesystem::path& authorities);
    ~TlsClient();
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    /// For this room only.
    [[nodiscard]] ssl_ctx_st* Context() const { return context_; }

  private:
    explicit TlsClient(ssl_ctx_st* context) : context_(context) {}
    ssl_ctx_st* context_;
};

}  // namespace gyre::net
