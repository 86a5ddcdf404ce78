#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

struct x509_st;
struct evp_pkey_st;

namespace gyre::net {

/// A certificate, its private key, and the certificates between it and a root. Immutable; copies
/// share.
struct Certificate {
    std::shared_ptr<x509_st> leaf;
    std::shared_ptr<evp_pkey_st> key;
    std::vector<std::shared_ptr<x509_st>> chain;  ///< nearest issuer first, without the root
};

/// Reads PEM: the certificate and then its issuers, and the key that belongs to it.
/// Errors: kInvalidArgument, saying which of the two is wrong.
[[nodiscard]] core::Result<Certificate> ReadCertificate(std::string_view certificates,
                                                        std::string_view key);

/// Reads a PKCS #12 key store, as Java's keytool and OpenSSL make it: its key, and the certificates
/// from that key's on. Errors: kInvalidArgument.
[[nodiscard]] core::Result<Certificate> ReadKeyStore(std::string_view bytes,
                                                     const std::string& password);

/// Whom a certificate is for.
struct CertificateNames {
    std::vector<std::string> dns;
    std::vector<std::string> addresses;  ///< "127.0.0.1", "::1"
};

/// A certificate authority of the platform's own, which clients are told to trust. Thread-safe.
class CertificateAuthority {
  public:
    /// A new one, good for ten years from `now`, less a day for clocks that are late.
    [[nodiscard]] static core::Result<CertificateAuthority> Make(core::WallTime now);
    /// Of what CertificatePem and KeyPem gave. Errors: kInvalidArgument.
    [[nodiscard]] static core::Result<CertificateAuthority> Read(std::string_view certificate,
                                                                 std::string_view key);
    /// A new certificate for the same key, where that one was lost.
    [[nodiscard]] static core::Result<CertificateAuthority> Renew(std::string_view key,
                                                                  core::WallTime now);

    [[nodiscard]] std::string CertificatePem() const;
    [[nodiscard]] std::string KeyPem() const;
    [[nodiscard]] core::WallTime NotAfter() const;
    /// A server's certificate, good for 90 days. At least one name. All of one authority's share a
    /// key, made when the authority was made or read, so that issuing costs one signature.
    [[nodiscard]] core::Result<Certificate> Issue(const CertificateNames& names,
                                                  core::WallTime now) const;

  private:
    CertificateAuthority() = default;
    std::shared_ptr<x509_st> certificate_;
    std::shared_ptr<evp_pkey_st> key_;
    std::shared_ptr<evp_pkey_st> leaf_key_;
};

}  // namespace gyre::net
