#include "access/detail/identity_rows.h"

#include <utility>

#include "access/detail/text.h"
#include "core/ascii.h"
#include "core/json.h"

namespace gyre::access::detail {
namespace {

using core::Result;
using core::Status;

int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}

core::WallTime Time(int64_t milliseconds) {
    return core::WallTime(core::milliseconds(milliseconds));
}

const char* KindName(PrincipalKind kind) {
    return kind == PrincipalKind::kUser ? "user" : kind == PrincipalKind::kRole ? "role" : "group";
}

core::JsonArray List(const auto& texts) {
    core::JsonArray list;
    for (const std::string& text : texts) list.emplace_back(text);
    return list;
}

std::vector<std::string> TextsOf(const core::Json& document, std::string_view member) {
    std::vector<std::string> texts;
    const core::Json* list = core::JsonFind(document, member);
    if (!list || !list->is_array()) return texts;
    for (const core::Json& text : list->as_array()) {
        if (text.is_string()) texts.emplace_back(text.as_string());
    }
    return texts;
}

std::set<std::string> SetOf(const core::Json& document, std::string_view member) {
    std::set<std::string> set;
    for (std::string& text : TextsOf(document, member)) set.insert(std::move(text));
    return set;
}

core::JsonObject TagsObject(const Tags& tags) {
    core::JsonObject object;
    for (const auto& [name, value] : tags) object[name] = value;
    return object;
}

/// False where the member is no object of texts.
bool ReadTags(const core::Json& document, Tags& tags) {
    const core::Json* object = core::JsonFind(document, "tags");
    if (!object || !object->is_object()) return false;
    for (const auto& [name, value] : object->as_object()) {
        if (!value.is_string()) return false;
        tags.emplace_back(name, value.as_string());
    }
    return true;
}

/// All that a change may touch.
std::string DocumentOf(const Principal& principal) {
    core::JsonObject policies;
    for (const auto& [name, document] : principal.policies) policies[name] = document;
    core::JsonObject document{{"tags", TagsObject(principal.tags)},
                              {"policies", std::move(policies)},
                              {"attached", List(principal.attached)}};
    if (!principal.boundary.empty()) document["boundary"] = principal.boundary;
    if (principal.kind == PrincipalKind::kUser) document["groups"] = List(principal.groups);
    if (principal.kind == PrincipalKind::kRole) {
        document["description"] = principal.description;
        document["max_session"] = principal.max_session.count();
        document["trust_policy"] = principal.trust_policy;
    }
    return core::JsonText(document);
}

tl::unexpected<core::Error> Damaged(std::string_view what) {
    return core::Fail(core::Code::kDataLoss,
                      "the stored identity " + std::string(what) + " is damaged");
}

Status ReadDocument(const std::string& text, Principal& principal) {
    const auto document = core::ParseStoredJson(text);
    if (!document || !ReadTags(*document, principal.tags)) return Damaged(principal.name);
    const core::Json* policies = core::JsonFind(*document, "policies");
    if (!policies || !policies->is_object()) return Damaged(principal.name);
    for (const auto& [name, value] : policies->as_object()) {
        if (!value.is_string()) return Damaged(principal.name);
        principal.policies.emplace(name, value.as_string());
    }
    principal.attached = SetOf(*document, "attached");
    principal.boundary = core::JsonStringOr(*document, "boundary");
    principal.groups = SetOf(*document, "groups");
    principal.description = core::JsonStringOr(*document, "description");
    principal.max_session = core::seconds(core::JsonInt(*document, "max_session").value_or(3600));
    principal.trust_policy = core::JsonStringOr(*document, "trust_policy");
    return {};
}

std::string DocumentOf(const ManagedPolicy& policy) {
    core::JsonArray versions;
    for (const PolicyVersion& version : policy.versions) {
        versions.push_back(core::JsonObject{{"id", version.id},
                                            {"document", version.document},
                                            {"created", Milliseconds(version.created)}});
    }
    return core::JsonText(core::JsonObject{{"name", policy.name},
                                           {"path", policy.path},
                                           {"description", policy.description},
                                           {"updated", Milliseconds(policy.updated)},
                                           {"tags", TagsObject(policy.tags)},
                                           {"versions", std::move(versions)},
                                           {"default_version", policy.default_version},
                                           {"next_version", policy.next_version}});
}

Status ReadDocument(const std::string& text, ManagedPolicy& policy) {
    const auto document = core::ParseStoredJson(text);
    if (!document || !ReadTags(*document, policy.tags)) return Damaged(policy.arn);
    policy.name = core::JsonStringOr(*document, "name");
    policy.path = core::JsonStringOr(*document, "path");
    policy.description = core::JsonStringOr(*document, "description");
    policy.updated = Time(core::JsonInt(*document, "updated").value_or(0));
    policy.default_version = core::JsonStringOr(*document, "default_version");
    policy.next_version = static_cast<int>(core::JsonInt(*document, "next_version").value_or(2));
    const core::Json* versions = core::JsonFind(*document, "versions");
    if (!versions || !versions->is_array()) return Damaged(policy.arn);
    for (const core::Json& version : versions->as_array()) {
        policy.versions.push_back({core::JsonStringOr(version, "id"),
                                   core::JsonStringOr(version, "document"),
                                   Time(core::JsonInt(version, "created").value_or(0))});
    }
    return policy.Find(policy.default_version) ? Status() : Damaged(policy.arn);
}

/// What is beside a session's columns.
std::string DocumentOf(const Session& session) {
    return core::JsonText(core::JsonObject{{"issued", Milliseconds(session.issued)},
                                           {"policy_arns", List(session.policy_arns)},
                                           {"tags", TagsObject(session.tags)},
                                           {"transitive", List(session.transitive)},
                                           {"source_identity", session.source_identity}});
}

Status ReadDocument(const std::string& text, Session& session) {
    const auto document = core::ParseStoredJson(text);
    if (!document || !document->is_object()) return Damaged(session.arn);
    ReadTags(*document, session.tags);  // an older program's sessions have none
    session.issued = Time(core::JsonInt(*document, "issued").value_or(0));
    session.policy_arns = TextsOf(*document, "policy_arns");
    session.transitive = SetOf(*document, "transitive");
    session.source_identity = core::JsonStringOr(*document, "source_identity");
    return {};
}

/// Executes and forgets the number of rows.
Status Do(db::Transaction& transaction, std::string_view sql, const db::Parameters& parameters) {
    GYRE_TRY(transaction.Execute(sql, parameters));
    return {};
}

}  // namespace

const std::vector<db::Migration>& IdentityMigrations() {
    static const std::vector<db::Migration> kMigrations = {{1, "identities", R"(
CREATE TABLE access_principals (
    kind TEXT NOT NULL, name_key TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
    id TEXT NOT NULL, created BIGINT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (kind, name_key));
CREATE TABLE access_keys (
    id TEXT NOT NULL PRIMARY KEY, secret TEXT NOT NULL, user_name TEXT NOT NULL,
    active BIGINT NOT NULL, created BIGINT NOT NULL);
CREATE TABLE access_sessions (
    access_key_id TEXT NOT NULL PRIMARY KEY, secret TEXT NOT NULL, token TEXT NOT NULL,
    role_id TEXT NOT NULL, role_arn TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL,
    policy TEXT NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX access_sessions_expires ON access_sessions (expires);
)"},
                                                           {2, "managed policies", R"(
CREATE TABLE access_policies (
    arn TEXT NOT NULL PRIMARY KEY, id TEXT NOT NULL, created BIGINT NOT NULL,
    document TEXT NOT NULL);
CREATE TABLE access_uses (
    subject TEXT NOT NULL PRIMARY KEY, used BIGINT NOT NULL, service TEXT NOT NULL,
    region TEXT NOT NULL);
ALTER TABLE access_sessions ADD COLUMN document TEXT NOT NULL DEFAULT '{}';
)"},
                                                           {3, "revision", R"(
CREATE TABLE access_revision (id BIGINT PRIMARY KEY, number BIGINT NOT NULL);
INSERT INTO access_revision VALUES (1, 0);
)"}};
    return kMigrations;
}

std::string NameKey(std::string_view name) {
    return core::AsciiLower(name);
}

Status InsertPrincipal(db::Transaction& transaction, const Principal& principal) {
    return Do(transaction,
              "INSERT INTO access_principals (kind, name_key, name, path, id, created, document) "
              "VALUES (?, ?, ?, ?, ?, ?, ?)",
              {KindName(principal.kind), NameKey(principal.name), principal.name, principal.path,
               principal.id, Milliseconds(principal.created), DocumentOf(principal)});
}

Status UpdatePrincipal(db::Transaction& transaction, const Principal& principal) {
    return Do(transaction,
              "UPDATE access_principals SET document = ? WHERE kind = ? AND name_key = ?",
              {DocumentOf(principal), KindName(principal.kind), NameKey(principal.name)});
}

Status RenamePrincipal(db::Transaction& transaction, const Principal& from, const Principal& to) {
    GYRE_TRY(Do(transaction,
                "UPDATE access_principals SET name_key = ?, name = ?, path = ? "
                "WHERE kind = ? AND name_key = ?",
                {NameKey(to.name), to.name, to.path, KindName(from.kind), NameKey(from.name)}));
    if (from.kind != PrincipalKind::kUser) return {};
    return Do(transaction, "UPDATE access_keys SET user_name = ? WHERE user_name = ?",
              {to.name, from.name});
}

Status DeletePrincipal(db::Transaction& transaction, const Principal& principal) {
    return Do(transaction, "DELETE FROM access_principals WHERE kind = ? AND name_key = ?",
              {KindName(principal.kind), NameKey(principal.name)});
}

Result<std::vector<Principal>> ReadPrincipals(db::Transaction& transaction) {
    GYRE_ASSIGN(auto rows, transaction.Query("SELECT kind, name, path, id, created, document "
                                             "FROM access_principals"));
    std::vector<Principal> principals;
    for (db::Row& row : rows) {
        Principal& principal = principals.emplace_back();
        principal.kind = row.Text(0) == "user"   ? PrincipalKind::kUser
                         : row.Text(0) == "role" ? PrincipalKind::kRole
                                                 : PrincipalKind::kGroup;
        principal.name = row.TakeText(1);
        principal.path = row.TakeText(2);
        principal.id = row.TakeText(3);
        principal.created = Time(row.Int(4));
        GYRE_TRY(ReadDocument(row.Text(5), principal));
    }
    return principals;
}

Status PutKey(db::Transaction& transaction, const AccessKey& key) {
    GYRE_TRY(DeleteKey(transaction, key.id));
    return Do(transaction,
              "INSERT INTO access_keys (id, secret, user_name, active, created) "
              "VALUES (?, ?, ?, ?, ?)",
              {key.id, key.secret, key.user, key.active ? 1 : 0, Milliseconds(key.created)});
}

Status DeleteKey(db::Transaction& transaction, std::string_view id) {
    return Do(transaction, "DELETE FROM access_keys WHERE id = ?", {id});
}

Result<std::vector<AccessKey>> ReadKeys(db::Transaction& transaction) {
    GYRE_ASSIGN(auto rows, transaction.Query("SELECT id, secret, user_name, active, created "
                                             "FROM access_keys ORDER BY created, id"));
    std::vector<AccessKey> keys;
    for (db::Row& row : rows) {
        keys.push_back(
            {row.TakeText(0), row.TakeText(1), row.TakeText(2), row.Int(3) != 0, Time(row.Int(4))});
    }
    return keys;
}

Status PutManagedPolicy(db::Transaction& transaction, const ManagedPolicy& policy) {
    GYRE_TRY(DeleteManagedPolicy(transaction, policy.arn));
    return Do(transaction,
              "INSERT INTO access_policies (arn, id, created, document) VALUES (?, ?, ?, ?)",
              {policy.arn, policy.id, Milliseconds(policy.created), DocumentOf(policy)});
}

Status DeleteManagedPolicy(db::Transaction& transaction, std::string_view arn) {
    return Do(transaction, "DELETE FROM access_policies WHERE arn = ?", {arn});
}

Result<std::vector<ManagedPolicy>> ReadManagedPolicies(db::Transaction& transaction) {
    GYRE_ASSIGN(auto rows,
                transaction.Query("SELECT arn, id, created, document FROM access_policies"));
    std::vector<ManagedPolicy> policies;
    for (db::Row& row : rows) {
        ManagedPolicy& policy = policies.emplace_back();
        policy.arn = row.TakeText(0);
        policy.id = row.TakeText(1);
        policy.created = Time(row.Int(2));
        GYRE_TRY(ReadDocument(row.Text(3), policy));
    }
    return policies;
}

Status PutUse(db::Transaction& transaction, const std::string& subject, const LastUse& use) {
    GYRE_TRY(Do(transaction, "DELETE FROM access_uses WHERE subject = ?", {subject}));
    return Do(transaction,
              "INSERT INTO access_uses (subject, used, service, region) VALUES (?, ?, ?, ?)",
              {subject, Milliseconds(use.at), use.service, use.region});
}

Result<std::map<std::string, LastUse>> ReadUses(db::Transaction& transaction) {
    GYRE_ASSIGN(auto rows,
                transaction.Query("SELECT subject, used, service, region FROM access_uses"));
    std::map<std::string, LastUse> uses;
    for (db::Row& row : rows) {
        uses[row.TakeText(0)] = {Time(row.Int(1)), row.TakeText(2), row.TakeText(3)};
    }
    return uses;
}

Status InsertSession(db::Transaction& transaction, const Session& session) {
    return Do(transaction,
              "INSERT INTO access_sessions (access_key_id, secret, token, role_id, role_arn, name, "
              "arn, policy, expires, document) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              {session.access_key_id, session.secret, session.token, session.principal_id,
               session.principal_arn, session.name, session.arn, session.policy,
               Milliseconds(session.expires), DocumentOf(session)});
}

Status DeleteSessionsBefore(db::Transaction& transaction, core::WallTime time) {
    return Do(transaction, "DELETE FROM access_sessions WHERE expires < ?", {Milliseconds(time)});
}

Result<std::vector<Session>> ReadSessions(db::Transaction& transaction,
                                          const std::string& access_key_id) {
    std::string sql =
        "SELECT access_key_id, secret, token, role_id, role_arn, name, arn, policy, expires, "
        "document FROM access_sessions";
    db::Parameters parameters;
    if (!access_key_id.empty()) {
        sql += " WHERE access_key_id = ?";
        parameters.emplace_back(access_key_id);
    }
    GYRE_ASSIGN(auto rows, transaction.Query(sql, parameters));
    std::vector<Session> sessions;
    for (db::Row& row : rows) {
        Session& session = sessions.emplace_back();
        session.access_key_id = row.TakeText(0);
        session.secret = row.TakeText(1);
        session.token = row.TakeText(2);
        session.principal_id = row.TakeText(3);
        session.principal_arn = row.TakeText(4);
        session.name = row.TakeText(5);
        session.arn = row.TakeText(6);
        session.policy = row.TakeText(7);
        session.expires = Time(row.Int(8));
        GYRE_TRY(ReadDocument(row.Text(9), session));
    }
    return sessions;
}

Result<int64_t> ReadRevision(db::Transaction& transaction) {
    GYRE_ASSIGN(const auto row, transaction.QueryOne("SELECT number FROM access_revision"));
    return row->Int(0);
}

Result<bool> CountRevision(db::Transaction& transaction, int64_t expected) {
    GYRE_ASSIGN(const int64_t counted,
                transaction.Execute("UPDATE access_revision SET number = number + 1 "
                                    "WHERE number = ?",
                                    {expected}));
    return counted == 1;
}

}  // namespace gyre::access::detail
