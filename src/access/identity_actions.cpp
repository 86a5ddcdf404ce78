#include "access/identity_actions.h"

#include "access/detail/iam_documents.h"

namespace gyre::access {

void AddIdentityActions(wire::ActionTable& actions, IdentityStore& store, AuditLog* audit) {
    detail::AddStsActions(actions, store, audit);
    detail::AddUserActions(actions, store);
    detail::AddRoleActions(actions, store);
    detail::AddGroupActions(actions, store);
    detail::AddPolicyActions(actions, store);
    detail::AddManagedPolicyActions(actions, store);
    detail::AddAttachmentActions(actions, store);
    detail::AddTagActions(actions, store);
    detail::AddAccountActions(actions, store);
    detail::AddSimulateActions(actions, store);
}

}  // namespace gyre::access
