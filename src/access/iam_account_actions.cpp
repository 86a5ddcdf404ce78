#include <utility>

#include "access/detail/iam_documents.h"

namespace gyre::access::detail {
namespace {

using core::Json;
using core::JsonObject;
using core::Result;
using wire::CallContext;

Result<Json> AccountSummary(const IdentityStore& store) {
    const auto users = store.List(PrincipalKind::kUser, "");
    int64_t policies = 0;
    int64_t versions = 0;
    for (const ManagedPolicy& policy : store.ListManaged()) {
        if (policy.by_aws) continue;
        ++policies;
        versions += static_cast<int64_t>(policy.versions.size());
    }
    return JsonObject{
        {"SummaryMap", JsonObject{{"Users", users.size()},
                                  {"UsersQuota", 5000},
                                  {"Groups", store.List(PrincipalKind::kGroup, "").size()},
                                  {"GroupsQuota", 300},
                                  {"Roles", store.List(PrincipalKind::kRole, "").size()},
                                  {"RolesQuota", 1000},
                                  {"Policies", policies},
                                  {"PoliciesQuota", 1500},
                                  {"PolicyVersionsInUse", versions},
                                  {"PolicyVersionsInUseQuota", 10'000},
                                  {"VersionsPerPolicyQuota", 5},
                                  {"PolicySizeQuota", 6144},
                                  {"UserPolicySizeQuota", 2048},
                                  {"GroupPolicySizeQuota", 5120},
                                  {"RolePolicySizeQuota", 10'240},
                                  {"AssumeRolePolicySizeQuota", 2048},
                                  {"AccessKeysPerUserQuota", 2},
                                  {"GroupsPerUserQuota", 10},
                                  {"AttachedPoliciesPerUserQuota", 10},
                                  {"AttachedPoliciesPerGroupQuota", 10},
                                  {"AttachedPoliciesPerRoleQuota", 10},
                                  {"MFADevices", 0},
                                  {"MFADevicesInUse", 0},
                                  {"InstanceProfiles", 0},
                                  {"Providers", 0},
                                  {"ServerCertificates", 0},
                                  {"AccountMFAEnabled", 0},
                                  {"AccountAccessKeysPresent", 1},
                                  {"AccountSigningCertificatesPresent", 0}}}};
}

}  // namespace

void AddAccountActions(wire::ActionTable& actions, IdentityStore& store) {
    AddIam(actions, "GetAccountSummary", {},
           [&store](const CallContext&, const Json&) { return AccountSummary(store); });
    // There are none of these here, which is what the lists say.
    for (const auto& [operation, member] :
         {std::pair("ListAccountAliases", "AccountAliases"),
          std::pair("ListInstanceProfiles", "InstanceProfiles"),
          std::pair("ListVirtualMFADevices", "VirtualMFADevices")}) {
        AddIam(actions, operation, {},
               [member = member](const CallContext&, const Json&) -> Result<Json> {
                   return JsonObject{{member, core::JsonArray{}}, {"IsTruncated", false}};
               });
    }
    AddIam(actions, "ListOpenIDConnectProviders", {},
           [](const CallContext&, const Json&) -> Result<Json> {
               return JsonObject{{"OpenIDConnectProviderList", core::JsonArray{}}};
           });
    const wire::ResourceOf user = PrincipalResource(store, PrincipalKind::kUser);
    for (const auto& [operation, member] : {std::pair("ListMFADevices", "MFADevices"),
                                            std::pair("ListSigningCertificates", "Certificates"),
                                            std::pair("ListSSHPublicKeys", "SSHPublicKeys")}) {
        AddIam(actions, operation, user,
               [&store, member = member](const CallContext&, const Json& input) -> Result<Json> {
                   if (const auto name = Member(input, "UserName"); !name.empty()) {
                       GYRE_TRY(store.Get(PrincipalKind::kUser, name));
                   }
                   return JsonObject{{member, core::JsonArray{}}, {"IsTruncated", false}};
               });
    }
    AddIam(actions, "ListInstanceProfilesForRole", PrincipalResource(store, PrincipalKind::kRole),
           [&store](const CallContext&, const Json& input) -> Result<Json> {
               GYRE_TRY(store.Get(PrincipalKind::kRole, Member(input, "RoleName")));
               return JsonObject{{"InstanceProfiles", core::JsonArray{}}, {"IsTruncated", false}};
           });
    AddIam(actions, "GetLoginProfile", user,
           [&store](const CallContext& context, const Json& input) -> Result<Json> {
               GYRE_ASSIGN(const auto name, UserNameOf(store, context, input));
               GYRE_TRY(store.Get(PrincipalKind::kUser, name));
               core::Error error(core::Code::kNotFound, "NoSuchEntity",
                                 "Login Profile for User " + name + " cannot be found.");
               error.http_status = 404;
               return core::Fail(std::move(error));
           });
}

}  // namespace gyre::access::detail
