#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "core/result.h"

namespace gyre::net::detail {

/// Frees what OpenSSL made.
template <auto kFree>
struct Freer {
    template <typename T>
    void operator()(T* object) const {
        kFree(object);
    }
};
template <typename T, auto kFree>
using Owned = std::unique_ptr<T, Freer<kFree>>;

[[nodiscard]] inline std::shared_ptr<X509> Share(X509* certificate) {
    return {certificate, [](X509* it) { X509_free(it); }};
}
[[nodiscard]] inline std::shared_ptr<EVP_PKEY> Share(EVP_PKEY* key) {
    return {key, [](EVP_PKEY* it) { EVP_PKEY_free(it); }};
}

/// What OpenSSL says went wrong, and forgets it; "" when it says nothing.
[[nodiscard]] inline std::string TakeOpenSslError() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) return {};
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "OpenSSL error " + std::to_string(code);
}

[[nodiscard]] inline tl::unexpected<core::Error> OpenSslFailure(core::Code code,
                                                                const std::string& what) {
    const std::string reason = TakeOpenSslError();
    return core::Fail(code, reason.empty() ? what : what + ": " + reason);
}

}  // namespace gyre::net::detail
