#include "access/secret_check.h"

#include "core/digest.h"

namespace gyre::access {
namespace {

// Of the hashes, so that not even a secret's length shows in the time.
bool SameSecret(std::string_view known, std::string_view shown) {
    const auto text = [](const core::Sha256Bytes& hash) { return core::HexEncode(hash); };
    return core::ConstantTimeEquals(text(core::Sha256(known)), text(core::Sha256(shown)));
}

}  // namespace

core::Result<Credential> CheckSecret(const CredentialSource& credentials,
                                     const std::string& access_key_id, std::string_view secret,
                                     std::string_view session_token, core::WallTime now) {
    auto found = credentials.Find(access_key_id);
    // What an unknown key is compared with is nobody's secret.
    const bool secret_right = SameSecret(found ? found->secret : std::string(), secret);
    const bool token_right =
        SameSecret(found ? found->session_token : std::string(), session_token);
    if (!found || found->secret.empty() || !secret_right || !token_right) {
        return core::Fail(core::Code::kUnauthenticated,
                          "The access key or its secret is wrong, or the key is not active.");
    }
    if (found->expires && now >= *found->expires) {
        return core::Fail(core::Code::kUnauthenticated,
                          "These temporary keys have ended; ask AssumeRole for new ones.");
    }
    return found;
}

}  // namespace gyre::access
