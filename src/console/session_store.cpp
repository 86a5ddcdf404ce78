#include "console/session_store.h"

#include <algorithm>
#include <utility>

#include "core/digest.h"

namespace gyre::console {
namespace {

std::string HashOf(std::string_view cookie) {
    return core::HexEncode(core::Sha256(cookie));
}

}  // namespace

SessionStore::SessionStore(const core::Clock& clock, SessionLimits limits)
    : clock_(clock), limits_(limits) {
}

bool SessionStore::Ended(const Live& live, core::SteadyTime now) const {
    return now - live.used >= limits_.idle || now - live.began >= limits_.longest;
}

// "" means of any key.
void SessionStore::DropOldest(LiveByHash& sessions, std::string_view access_key_id) {
    auto oldest = sessions.end();
    for (auto it = sessions.begin(); it != sessions.end(); ++it) {
        if (!access_key_id.empty() && it->second.session.access_key_id != access_key_id) continue;
        if (oldest == sessions.end() || it->second.used < oldest->second.used) oldest = it;
    }
    if (oldest != sessions.end()) sessions.erase(oldest);
}

SessionStore::Begun SessionStore::Begin(std::string access_key_id) {
    const auto now = clock_.Now();
    Begun begun{.cookie = core::HexEncode(core::RandomBytes(32)),
                .session = {.access_key_id = std::move(access_key_id),
                            .token = core::HexEncode(core::RandomBytes(32)),
                            .ends = clock_.WallNow() + limits_.longest}};
    auto sessions = sessions_.Lock();
    std::erase_if(*sessions, [&](const auto& entry) { return Ended(entry.second, now); });
    const std::string& key = begun.session.access_key_id;
    const auto of_key = static_cast<size_t>(std::ranges::count_if(
        *sessions, [&](const auto& entry) { return entry.second.session.access_key_id == key; }));
    if (of_key >= limits_.per_key) DropOldest(*sessions, key);
    if (sessions->size() >= limits_.total) DropOldest(*sessions, {});
    sessions->emplace(HashOf(begun.cookie), Live{begun.session, now, now});
    return begun;
}

std::optional<Session> SessionStore::Find(std::string_view cookie) {
    if (cookie.empty()) return std::nullopt;
    const std::string hash = HashOf(cookie);
    const auto now = clock_.Now();
    auto sessions = sessions_.Lock();
    const auto found = sessions->find(hash);
    if (found == sessions->end()) return std::nullopt;
    if (Ended(found->second, now)) {
        sessions->erase(found);
        return std::nullopt;
    }
    found->second.used = now;
    return found->second.session;
}

void SessionStore::End(std::string_view cookie) {
    const std::string hash = HashOf(cookie);
    sessions_.Lock()->erase(hash);
}

size_t SessionStore::Size() const {
    return sessions_.Lock()->size();
}

}  // namespace gyre::console
