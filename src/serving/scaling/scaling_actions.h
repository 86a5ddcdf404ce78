#pragma once

#include "catalog/catalog.h"
#include "core/clock.h"
#include "wire/action.h"

namespace gyre::serving::scaling {

inline constexpr const char* kTargetKind = "autoscaling.target";
inline constexpr const char* kPolicyKind = "autoscaling.policy";
/// In a target's status: the newest ScalingActivities, the newest first.
inline constexpr const char* kActivities = "_activities";

/// Application Auto Scaling, of SageMaker's variants: RegisterScalableTarget,
/// DeregisterScalableTarget, DescribeScalableTargets, PutScalingPolicy, DeleteScalingPolicy,
/// DescribeScalingPolicies, DescribeScalingActivities. They write what is wanted, the Scaler does
/// the rest.
void AddScalingActions(wire::ActionTable& table, catalog::Catalog& catalog);

}  // namespace gyre::serving::scaling
