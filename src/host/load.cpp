#include "host/load.h"

namespace gyre::host {

Loader LoaderOf(const serving::HostSpec& spec) {
    if (!spec.container_command.empty()) {
        return [](const engine::LoadOptions&) -> core::Result<std::unique_ptr<engine::Model>> {
            return core::Fail(core::Code::kUnimplemented,
                              "programs in place of containers are not served yet");
        };
    }
    return engine::LoadModel;
}

}  // namespace gyre::host
