// What keeps the identities of several servers over one database the same. Each has all of them in
// memory; a number in the database says how often they were changed, so that no server changes what
// it has not read.
#include <algorithm>

#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"
#include "access/detail/identity_uses.h"
#include "access/identity_store.h"
#include "core/log.h"

namespace gyre::access {
namespace {

using core::Code;
using core::Status;

constexpr auto kIdentityChannel = "identities";
constexpr std::string_view kSessionWord = "session ";

}  // namespace

Status IdentityStore::Load() {
    State state;
    std::map<std::string, LastUse> uses;
    int64_t revision = 0;
    for (const auto& policy : AwsManagedPolicies()) {
        state.managed.emplace(policy->managed.arn, policy);
    }
    GYRE_TRY(database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(revision, detail::ReadRevision(transaction));
        GYRE_ASSIGN(auto managed, detail::ReadManagedPolicies(transaction));
        for (ManagedPolicy& policy : managed) {
            GYRE_ASSIGN(auto live, LivePolicy::Make(std::move(policy)));
            state.managed.emplace(live->managed.arn, live);
        }
        GYRE_ASSIGN(auto principals, detail::ReadPrincipals(transaction));
        // Groups first: their users are linked to them.
        std::stable_partition(principals.begin(), principals.end(), [](const Principal& principal) {
            return principal.kind == PrincipalKind::kGroup;
        });
        for (Principal& principal : principals) {
            principal.arn = detail::PrincipalArn(options_.account, principal);
            GYRE_ASSIGN(const auto live, Live::Make(std::move(principal)));
            state.Put(live);
        }
        GYRE_ASSIGN(auto keys, detail::ReadKeys(transaction));
        for (AccessKey& key : keys) {
            std::string id = key.id;
            state.keys.emplace(std::move(id), std::move(key));
        }
        GYRE_ASSIGN(auto sessions, detail::ReadSessions(transaction));
        for (Session& session : sessions) {
            GYRE_ASSIGN(auto live, state.MakeSession(std::move(session)));
            state.sessions.emplace(live->session.access_key_id, live);
        }
        GYRE_ASSIGN(uses, detail::ReadUses(transaction));
        return {};
    }));
    const bool first = revision_ < 0;
    revision_ = revision;
    *state_->Lock() = std::move(state);
    if (first) uses_->Fill(std::move(uses));
    return {};
}

void IdentityStore::Listen() {
    listening_ = database_.Listen(kIdentityChannel, [this](const std::optional<std::string>& news) {
        const bool session = news && news->starts_with(kSessionWord);
        auto turn = writing_.Lock();
        const Status read = session ? LoadSession(news->substr(kSessionWord.size())) : Load();
        if (read) return;
        core::LogWarning("identities that another server changed are not known yet",
                         {{"error", read.error().ToString()}});
    });
}

Status IdentityStore::LoadSession(const std::string& access_key_id) {
    std::vector<Session> sessions;
    GYRE_TRY(database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(sessions, detail::ReadSessions(transaction, access_key_id));
        return {};
    }));
    auto state = state_->Lock();
    for (Session& session : sessions) {
        GYRE_ASSIGN(auto live, state->MakeSession(std::move(session)));
        state->sessions.insert_or_assign(access_key_id, std::move(live));
    }
    return {};
}

Status IdentityStore::CatchUp() {
    if (!database_.Shared()) return {};
    int64_t revision = 0;
    GYRE_TRY(database_.Read([&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(revision, detail::ReadRevision(transaction));
        return {};
    }));
    return revision == revision_ ? Status() : Load();
}

Status IdentityStore::Commit(const std::function<Status(db::Transaction&)>& change) {
    const auto write = [&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(const bool mine, detail::CountRevision(transaction, revision_));
        if (!mine) {
            return core::Fail(detail::IamError(
                Code::kConflict, "ConcurrentModification", 409,
                "The request was rejected because multiple requests to change this object were "
                "submitted simultaneously. Wait a moment and submit your request again."));
        }
        GYRE_TRY(change(transaction));
        return transaction.Announce(kIdentityChannel, "");
    };
    GYRE_TRY(database_.Write(write));
    ++revision_;
    return {};
}

Status IdentityStore::CommitSession(const Session& session, core::WallTime forget_before) {
    return database_.Write([&](db::Transaction& transaction) -> Status {
        GYRE_TRY(detail::DeleteSessionsBefore(transaction, forget_before));
        GYRE_TRY(detail::InsertSession(transaction, session));
        return transaction.Announce(kIdentityChannel,
                                    std::string(kSessionWord) + session.access_key_id);
    });
}

}  // namespace gyre::access
