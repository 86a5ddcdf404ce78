#pragma once

// What the SageMaker actions of the rooms above share with those of endpoints.
#include "serving/detail/action_support.h"

namespace gyre::serving {

using detail::AddAction;
using detail::DescribeWithTimes;
using detail::IfAbsent;
using detail::ListQueryOf;
using detail::NameIn;
using detail::NotBuilt;
using detail::RefuseMembers;
using detail::TagsIn;

}  // namespace gyre::serving
