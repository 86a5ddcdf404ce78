#include "server/inference_token.h"

#include "core/digest.h"
#include "core/file_system.h"
#include "server/private_file.h"

namespace gyre::server {

core::Result<std::string> InferenceToken(const std::string& configured,
                                         const std::filesystem::path& file) {
    if (!configured.empty()) return configured;
    auto text = core::ReadFile(core::RealFileSystem(), file);
    if (text) {
        while (!text->empty() && static_cast<unsigned char>(text->back()) <= ' ') text->pop_back();
        if (!text->empty()) return text;
        return core::Fail(core::Code::kFailedPrecondition,
                          file.string() + " is empty; remove it and a new token is made");
    }
    if (text.error().code != core::Code::kNotFound) return text;
    std::string token = core::HexEncode(core::RandomBytes(32));
    GYRE_TRY(WritePrivateFile(file, token + "\n"));
    return token;
}

}  // namespace gyre::server
