#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"

namespace gyre::access {

enum class PrincipalKind { kUser, kRole, kGroup };

using Tags = std::vector<std::pair<std::string, std::string>>;

/// A user, a role or a group. Names are unique without regard to case within their kind.
struct Principal {
    PrincipalKind kind = PrincipalKind::kUser;
    std::string name;
    std::string path = "/";  ///< begins and ends with '/'
    std::string id;          ///< "AIDA…", "AROA…" or "AGPA…": never used again
    std::string arn;         ///< arn:aws:iam::ACCOUNT:role/PATH/NAME
    core::WallTime created{};
    Tags tags;
    std::map<std::string, std::string> policies;  ///< inline documents by name
    std::set<std::string> attached;               ///< ARNs of managed policies
    std::string boundary;  ///< ARN of the managed policy that limits it; "" for none
    // Of users:
    std::set<std::string> groups;  ///< ids
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

/// What AssumeRole or GetSessionToken gave out.
struct Session {
    std::string access_key_id;  ///< "ASIA…"
    std::string secret;
    std::string token;
    std::string principal_id;   ///< the role's or the user's; the account for the root user's
    std::string principal_arn;  ///< likewise
    std::string name;           ///< of a role's session; "" for a user's
    std::string arn;            ///< arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME, or the user's own
    core::WallTime expires{};
    core::WallTime issued{};
    std::string policy;                    ///< narrows the role's; "" when none
    std::vector<std::string> policy_arns;  ///< narrow it too
    Tags tags;
    std::set<std::string> transitive;  ///< the tags that go on to the next role of a chain
    std::string source_identity;
};

/// When a key or role was last used, as far as it was noted.
struct LastUse {
    core::WallTime at{};
    std::string service;
    std::string region;
};

}  // namespace gyre::access
