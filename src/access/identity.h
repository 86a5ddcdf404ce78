#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/result.h"
#include "wire/action.h"

namespace gyre::access {

/// What a signature is checked with.
struct Credential {
    std::string access_key_id;
    std::string secret;         ///< never logged
    std::string session_token;  ///< "" for long-lived keys
    wire::Caller caller;
    std::string session_policy;  ///< JSON, for AssumeRole sessions; "" when none
    std::optional<core::WallTime> expires;
};

/// Finds the credential of an access key id. Thread-safe and fast: cached in memory.
class CredentialSource {
  public:
    virtual ~CredentialSource() = default;
    /// Errors: kNotFound.
    [[nodiscard]] virtual core::Result<Credential> Find(const std::string& access_key_id) const = 0;
    /// The credential was used, and its signature was right. Never waits.
    virtual void NoteUse(const Credential& credential, std::string_view service,
                         std::string_view region) const {
        static_cast<void>(credential);
        static_cast<void>(service);
        static_cast<void>(region);
    }
};

}  // namespace gyre::access
