#include <map>
#include <utility>

#include "access/detail/iam_documents.h"
#include "access/detail/identity_rows.h"
#include "access/detail/identity_state.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

/// The actions of one kind of holder; their names and members differ in its word only.
class Attachments {
  public:
    Attachments(IdentityStore& store, PrincipalKind kind)
        : store_(store), kind_(kind), word_(KindWord(kind)) {}

    [[nodiscard]] std::string Name(const char* verb, const char* noun) const {
        return verb + word_ + noun;
    }
    [[nodiscard]] Result<Json> Attach(const Json& input) const {
        return Done(store_.Attach(kind_, Owner(input), Member(input, "PolicyArn")));
    }
    [[nodiscard]] Result<Json> Detach(const Json& input) const {
        return Done(store_.Detach(kind_, Owner(input), Member(input, "PolicyArn")));
    }
    [[nodiscard]] Result<Json> List(const Json& input) const {
        GYRE_ASSIGN(const auto owner, store_.Get(kind_, Owner(input)));
        const std::string prefix = Member(input, "PathPrefix");
        std::vector<std::string> keys;
        core::JsonArray items;
        for (const std::string& arn : owner.attached) {
            const auto policy = store_.GetManaged(arn);
            if (!policy || !policy->path.starts_with(prefix)) continue;
            keys.push_back(arn);
            items.push_back(JsonObject{{"PolicyName", policy->name}, {"PolicyArn", arn}});
        }
        return Paged(input, "AttachedPolicies", keys, std::move(items));
    }
    [[nodiscard]] Result<Json> PutBoundary(const Json& input) const {
        return Done(store_.SetBoundary(kind_, Owner(input), Member(input, "PermissionsBoundary")));
    }
    [[nodiscard]] Result<Json> DeleteBoundary(const Json& input) const {
        return Done(store_.SetBoundary(kind_, Owner(input), ""));
    }

  private:
    [[nodiscard]] std::string Owner(const Json& input) const {
        return Member(input, word_ + "Name");
    }

    IdentityStore& store_;
    PrincipalKind kind_;
    std::string word_;
};

Result<Json> ListEntities(const IdentityStore& store, const Json& input) {
    GYRE_ASSIGN(const auto policy, store.GetManaged(Member(input, "PolicyArn")));
    const std::string filter = Member(input, "EntityFilter");
    const std::string prefix = Member(input, "PathPrefix");
    const bool boundary = Member(input, "PolicyUsageFilter") == "PermissionsBoundary";
    // One page over three lists: the kind goes before the name.
    struct Row {
        std::string member;
        JsonObject item;
    };
    std::map<std::string, Row> rows;
    for (const Principal& holder : store.HoldersOf(policy.arn, boundary)) {
        const std::string word = KindWord(holder.kind);
        if (!filter.empty() && filter != word) continue;
        if (!holder.path.starts_with(prefix)) continue;
        rows[word + "/" + NameKey(holder.name)] = {
            "Policy" + word + "s",
            JsonObject{{word + "Name", holder.name}, {word + "Id", holder.id}}};
    }
    std::vector<std::string> keys;
    core::JsonArray numbers;
    for (const auto& [key, row] : rows) {
        keys.push_back(key);
        numbers.push_back(key.c_str());
    }
    Json page = Paged(input, "Keys", keys, std::move(numbers));
    JsonObject& output = page.as_object();
    output["PolicyGroups"] = core::JsonArray();
    output["PolicyUsers"] = core::JsonArray();
    output["PolicyRoles"] = core::JsonArray();
    for (const std::string& key : Texts(page, "Keys")) {
        Row& row = rows[key];
        output[row.member].as_array().push_back(std::move(row.item));
    }
    output.erase("Keys");
    return page;
}

}  // namespace

void AddAttachmentActions(wire::ActionTable& actions, IdentityStore& store) {
    for (const PrincipalKind kind :
         {PrincipalKind::kUser, PrincipalKind::kRole, PrincipalKind::kGroup}) {
        const Attachments attachments(store, kind);
        const wire::ResourceOf resource = PrincipalResource(store, kind);
        const auto add = [&](std::string name, auto method) {
            AddIam(actions, std::move(name), resource,
                   [attachments, method](const CallContext&, const Json& input) {
                       return (attachments.*method)(input);
                   });
        };
        add(attachments.Name("Attach", "Policy"), &Attachments::Attach);
        add(attachments.Name("Detach", "Policy"), &Attachments::Detach);
        add(attachments.Name("ListAttached", "Policies"), &Attachments::List);
        if (kind == PrincipalKind::kGroup) continue;  // a group has no boundary
        add(attachments.Name("Put", "PermissionsBoundary"), &Attachments::PutBoundary);
        add(attachments.Name("Delete", "PermissionsBoundary"), &Attachments::DeleteBoundary);
    }
    AddIam(actions, "ListEntitiesForPolicy", PolicyArnResource,
           [&store](const CallContext&, const Json& input) { return ListEntities(store, input); });
}

}  // namespace gyre::access::detail
