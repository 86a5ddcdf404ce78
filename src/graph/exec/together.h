#pragma once

#include "graph/exec/function_ref.h"

namespace gyre::graph::exec {

/// Does `work` in this thread, which it is told is the query's own, and in others beside it, as
/// many as are free: all queries of the process share as many as there are cores but one. For work
/// on memory that nobody changes, which the threads divide among themselves. Returns when all are
/// done; what one of them throws is thrown then, once the others have come to their end.
void Together(const FunctionRef<void(bool own)>& work);

}  // namespace gyre::graph::exec
