#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "access/audit_log.h"
#include "access/identity.h"
#include "console/session_store.h"
#include "core/clock.h"
#include "core/guarded.h"
#include "net/exchange.h"

namespace gyre::console::detail {

struct SignInOptions {
    SessionStore* sessions = nullptr;
    const access::CredentialSource* credentials = nullptr;
    access::AuditLog* audit = nullptr;  ///< null: nothing is recorded
    const core::Clock* clock = nullptr;
    std::string region;
};

/// An access key and its secret in, a session out. Tries that fail are counted by address: after
/// ten within a minute it answers 429. Thread-safe; does not block.
class SignIn {
  public:
    explicit SignIn(SignInOptions options) : options_(std::move(options)) {}

    void Begin(std::shared_ptr<net::Exchange> exchange);
    /// Who it is, and the token for further calls.
    void Tell(net::Exchange& exchange, const Session& session) const;
    void End(net::Exchange& exchange, const Session& session);

  private:
    struct Failures {
        core::SteadyTime window_ends{};
        int count = 0;
    };

    void Take(net::Exchange& exchange, const std::string& body);
    [[nodiscard]] bool MayTry(const std::string& address);
    void Failed(const std::string& address);
    void Record(const net::RequestHead& head, std::string_view key, std::string_view caller,
                std::string_view action, std::string_view outcome, std::string_view reason);

    const SignInOptions options_;
    core::Guarded<std::unordered_map<std::string, Failures>> failures_;
};

}  // namespace gyre::console::detail
