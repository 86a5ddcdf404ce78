#include "access/identity_actions.h"

#include "access/detail/iam_documents.h"

namespace gyre::access {

void AddIdentityActions(wire::ActionTable& actions, IdentityStore& store, AuditLog* audit) {
    detail::AddStsActions(actions, store, audit);
    detail::AddUserActions(actions, store);
    detail::AddRoleActions(actions, store);
    detail::AddPolicyActions(actions, store);
    detail::AddSimulateActions(actions, store);
}

}  // namespace gyre::access
