#include "cli/detail/progress.h"

#include <ostream>

#include "cli/detail/table.h"

namespace gyre::cli::detail {

void Progress::Step(const std::string& text) {
    if (session_.err_is_terminal) {
        Update(text);
    } else {
        session_.err << text << std::endl;
    }
}

void Progress::Update(const std::string& text) {
    if (!session_.err_is_terminal) return;
    session_.err << "\r\033[K" << CutTo(OneLine(text), session_.width - 1) << std::flush;
    dirty_ = true;
}

void Progress::Done(const std::string& text) {
    Wipe();
    session_.err << text << std::endl;
}

void Progress::Wipe() {
    if (dirty_) session_.err << "\r\033[K" << std::flush;
    dirty_ = false;
}

}  // namespace gyre::cli::detail
