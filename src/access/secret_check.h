#pragma once

#include <string>
#include <string_view>

#include "access/identity.h"
#include "core/clock.h"
#include "core/result.h"

namespace gyre::access {

/// Recognises a caller who shows the secret itself (a person at the console) where a program would
/// sign with it. Takes the same time whether the key is unknown or the secret is wrong, and says
/// the same. `session_token` is "" for long-lived keys. Errors: kUnauthenticated.
[[nodiscard]] core::Result<Credential> CheckSecret(const CredentialSource& credentials,
                                                   const std::string& access_key_id,
                                                   std::string_view secret,
                                                   std::string_view session_token,
                                                   core::WallTime now);

}  // namespace gyre::access
