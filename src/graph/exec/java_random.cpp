#include "graph/exec/java_random.h"

#include <algorithm>

#include "graph/number.h"
#include "graph/plan/query_options.h"

namespace gyre::graph::exec {
namespace {

const Value* SeedOf(const Context& context) {
    for (const auto& [option, value] : context.query.options) {
        if (option == plan::kSeed) return &value;
    }
    return nullptr;
}

}  // namespace

JavaRandom RandomOf(Context& context) {
    const Value* seed = SeedOf(context);
    return JavaRandom(seed != nullptr ? static_cast<uint64_t>(ToInt64(*seed)) : context.Random()());
}

bool IsSeeded(const Context& context) {
    return SeedOf(context) != nullptr;
}

}  // namespace gyre::graph::exec
