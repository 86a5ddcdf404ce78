#include "access/detail/identity_uses.h"

#include "access/detail/identity_rows.h"
#include "core/log.h"

namespace gyre::access {

void IdentityStore::NoteUse(const Credential& credential, std::string_view service,
                            std::string_view region) const {
    const std::string& user_id = credential.caller.user_id;
    const core::WallTime now = clock_.WallNow();
    if (const size_t colon = user_id.find(':'); colon != user_id.npos) {
        uses_->Note(user_id.substr(0, colon), now, service, region);
    } else if (credential.session_token.empty() && !IsRoot(credential)) {
        uses_->Note(credential.access_key_id, now, service, region);
    }
}

std::optional<LastUse> IdentityStore::LastUseOf(const std::string& subject) const {
    return uses_->Find(subject);
}

void IdentityStore::WriteUses() {
    const auto changed = uses_->Take();
    if (changed.empty()) return;
    const auto written = database_.Write([&](db::Transaction& transaction) -> core::Status {
        for (const auto& [subject, use] : changed) {
            GYRE_TRY(detail::PutUse(transaction, subject, use));
        }
        return {};
    });
    // Nobody waits for it, and the next use is written with the next minute.
    if (!written) {
        core::LogWarning("last uses of keys are not kept", {{"error", written.error().ToString()}});
    }
}

}  // namespace gyre::access
