#include <utility>

#include "access/detail/iam_documents.h"
#include "access/detail/identity_state.h"
#include "access/detail/text.h"
#include "core/ascii.h"
#include "net/http_message.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

/// The four actions of one kind; their names and members differ in "User" and "Role" only.
class PolicyActions {
  public:
    PolicyActions(IdentityStore& store, PrincipalKind kind)
        : store_(store), kind_(kind), word_(KindWord(kind)) {}

    [[nodiscard]] std::string Name(const char* verb, const char* noun) const {
        return verb + word_ + noun;
    }

    [[nodiscard]] Result<Json> Put(const Json& input) const {
        return Done(store_.PutPolicy(kind_, Owner(input), Member(input, "PolicyName"),
                                     Member(input, "PolicyDocument")));
    }
    [[nodiscard]] Result<Json> Delete(const Json& input) const {
        return Done(store_.DeletePolicy(kind_, Owner(input), Member(input, "PolicyName")));
    }
    [[nodiscard]] Result<Json> Get(const Json& input) const {
        GYRE_ASSIGN(const auto owner, store_.Get(kind_, Owner(input)));
        const std::string name = Member(input, "PolicyName");
        const auto found = owner.policies.find(name);
        if (found == owner.policies.end()) {
            core::Error error(core::Code::kNotFound, "NoSuchEntity",
                              "The " + core::AsciiLower(word_) + " policy with name " + name +
                                  " cannot be found.");
            error.http_status = 404;
            return core::Fail(std::move(error));
        }
        return JsonObject{{word_ + "Name", owner.name},
                          {"PolicyName", name},
                          {"PolicyDocument", net::PercentEncode(found->second)}};
    }
    [[nodiscard]] Result<Json> List(const Json& input) const {
        GYRE_ASSIGN(const auto owner, store_.Get(kind_, Owner(input)));
        std::vector<std::string> keys;
        core::JsonArray items;
        for (const auto& [name, document] : owner.policies) {
            keys.push_back(name);
            items.emplace_back(name);
        }
        return Paged(input, "PolicyNames", keys, std::move(items));
    }

  private:
    [[nodiscard]] std::string Owner(const Json& input) const {
        return Member(input, word_ + "Name");
    }

    IdentityStore& store_;
    PrincipalKind kind_;
    std::string word_;
};

}  // namespace

void AddPolicyActions(wire::ActionTable& actions, IdentityStore& store) {
    for (const PrincipalKind kind :
         {PrincipalKind::kUser, PrincipalKind::kRole, PrincipalKind::kGroup}) {
        const PolicyActions policies(store, kind);
        const wire::ResourceOf resource = PrincipalResource(store, kind);
        const auto add = [&](const char* verb, const char* noun, auto method) {
            AddIam(actions, policies.Name(verb, noun), resource,
                   [policies, method](const CallContext&, const Json& input) {
                       return (policies.*method)(input);
                   });
        };
        add("Put", "Policy", &PolicyActions::Put);
        add("Get", "Policy", &PolicyActions::Get);
        add("List", "Policies", &PolicyActions::List);
        add("Delete", "Policy", &PolicyActions::Delete);
    }
}

}  // namespace gyre::access::detail
