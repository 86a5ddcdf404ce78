#include "cli/detail/session.h"

namespace gyre::cli::detail {

std::string Session::Variable(const std::string& name, const std::string& otherwise) const {
    const auto value = environment(name);
    return value && !value->empty() ? *value : otherwise;
}

}  // namespace gyre::cli::detail
