#include <algorithm>
#include <utility>

#include "access/detail/iam_documents.h"
#include "access/detail/identity_state.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::Result;
using wire::CallContext;

Json TagPage(const Json& input, const Tags& tags) {
    Tags sorted = tags;
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::string> keys;
    for (const auto& [key, value] : sorted) keys.push_back(key);
    return Paged(input, "Tags", keys, TagsDocument(sorted));
}

void AddPrincipalTags(wire::ActionTable& actions, IdentityStore& store, PrincipalKind kind) {
    const std::string word = KindWord(kind);
    const std::string name = word + "Name";
    const wire::ResourceOf resource = PrincipalResource(store, kind);
    AddIam(actions, "Tag" + word, resource,
           [&store, kind, name](const CallContext&, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto tags, TagsOf(input));
               return Done(store.SetTags(kind, Member(input, name), tags));
           });
    AddIam(actions, "Untag" + word, resource,
           [&store, kind, name](const CallContext&, const Json& input) {
               return Done(store.RemoveTags(kind, Member(input, name), Texts(input, "TagKeys")));
           });
    AddIam(actions, "List" + word + "Tags", resource,
           [&store, kind, name](const CallContext&, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto principal, store.Get(kind, Member(input, name)));
               return TagPage(input, principal.tags);
           });
}

}  // namespace

void AddTagActions(wire::ActionTable& actions, IdentityStore& store) {
    AddPrincipalTags(actions, store, PrincipalKind::kUser);
    AddPrincipalTags(actions, store, PrincipalKind::kRole);
    AddIam(actions, "TagPolicy", PolicyArnResource,
           [&store](const CallContext&, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto tags, TagsOf(input));
               return Done(store.SetManagedTags(Member(input, "PolicyArn"), tags, {}));
           });
    AddIam(actions, "UntagPolicy", PolicyArnResource,
           [&store](const CallContext&, const Json& input) {
               return Done(
                   store.SetManagedTags(Member(input, "PolicyArn"), {}, Texts(input, "TagKeys")));
           });
    AddIam(actions, "ListPolicyTags", PolicyArnResource,
           [&store](const CallContext&, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto policy, store.GetManaged(Member(input, "PolicyArn")));
               return TagPage(input, policy.tags);
           });
}

}  // namespace gyre::access::detail
