#pragma once

#include <string_view>

namespace gyre::access::detail {

/// The text of aws_managed_policies.json, built in by CMake.
extern const std::string_view kAwsManagedPolicies;

}  // namespace gyre::access::detail
