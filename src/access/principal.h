#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace gyre::access {

enum class PrincipalKind { kUser, kRole };

/// A user or a role. Names are unique without regard to case within their kind.
struct Principal {
    PrincipalKind kind = PrincipalKind::kUser;
    std::string name;
    std::string path = "/";  ///< begins and ends with '/'
    std::string id;          ///< "AIDA…" or "AROA…": never used again
    std::string arn;         ///< arn:aws:iam::ACCOUNT:role/PATH/NAME
    core::WallTime created{};
    std::vector<std::pair<std::string, std::string>> tags;
    std::map<std::string, std::string> policies;  ///< inline documents by name
    // Of roles:
    std::string description;
    core::seconds max_session{3600};
    std::string trust_policy;
};

/// A user's long-lived key.
struct AccessKey {
    std::string id;  ///< "AKIA…"
    std::string secret;
    std::string user;
    bool active = true;
    core::WallTime created{};
};

/// What AssumeRole gave out.
struct Session {
    std::string access_key_id;  ///< "ASIA…"
    std::string secret;
    std::string token;
    std::string role_id;
    std::string role_arn;
    std::string name;
    std::string arn;     ///< arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME
    std::string policy;  ///< narrows the role's; "" when none
    core::WallTime expires{};
};

}  // namespace gyre::access
