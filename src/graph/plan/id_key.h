#pragma once

#include <functional>
#include <string>

#include "graph/plan/step.h"

namespace gyre::graph::plan {

/// Makes a property stand for the ids of elements: what asks for ids asks for it, and what is added
/// gets it, from `make` where no id is given.
void UseIdKey(Traversal& traversal, const std::string& key,
              const std::function<std::string()>& make);

}  // namespace gyre::graph::plan
