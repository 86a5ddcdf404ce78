#include "server/permission_check.h"

namespace gyre::server {

std::function<core::Status(const wire::CallContext&, const std::string&, const std::string&)>
FurtherPermission(const access::IdentityStore& identities, access::AuditLog& audit) {
    return [&identities, &audit](const wire::CallContext& context, const std::string& permission,
                                 const std::string& resource) -> core::Status {
        access::Credential credential;  // of an anonymous caller
        if (!context.caller.access_key_id.empty()) {
            GYRE_ASSIGN(credential, identities.Find(context.caller.access_key_id));
        }
        const access::Decision decision =
            identities.Authorise(credential, permission, resource, context.facts);
        const auto source = access::FindContext(context.facts, "aws:SourceIp");
        audit.Record({.request_id = context.request_id,
                      .source = source ? std::string_view(*source) : std::string_view(),
                      .access_key_id = context.caller.access_key_id,
                      .caller = context.caller.arn,
                      .action = permission,
                      .resource = resource,
                      .outcome = access::EffectName(decision.effect),
                      .policy = decision.policy,
                      .statement = decision.statement,
                      .kind = access::PartName(decision.part),
                      .reason = {}});
        if (decision.Allowed()) return {};
        if (context.caller.arn.empty()) {
            return core::Fail(core::Code::kPermissionDenied, "AccessDenied", "Access Denied");
        }
        return core::Fail(core::Code::kPermissionDenied, "AccessDenied",
                          "User: " + context.caller.arn + " is not authorized to perform: " +
                              permission + " on resource: " + resource);
    };
}

}  // namespace gyre::server
