#pragma once

#include "graph/bolt/pack_stream.h"
#include "graph/exec/context.h"

namespace gyre::graph::bolt {

/// What of the protocol depends on its version.
struct Dialect {
    int major = 5;
    int minor = 0;
    /// Elements have ids that are texts, and date-times count in UTC.
    [[nodiscard]] bool Modern() const { return major >= 5; }
};

/// A value with its elements and paths as Bolt's structures: a Node's id is its number in the
/// store, its element id the user's.
void WriteValue(PackWriter& writer, exec::Context& context, const Dialect& dialect,
                const Value& value);

}  // namespace gyre::graph::bolt
