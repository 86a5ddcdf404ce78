#include "serving/names.h"

#include <algorithm>
#include <cctype>

#include "core/arn.h"
#include "core/ascii.h"

namespace gyre::serving {

std::string SageMakerArn(std::string_view region, std::string_view account, std::string_view type,
                         std::string_view name) {
    return core::Arn{.partition = "aws",
                     .service = "sagemaker",
                     .region = std::string(region),
                     .account = std::string(account),
                     .resource = core::AsciiLower(std::string(type) + "/" + std::string(name))}
        .ToString();
}

std::string SageMakerArn(const wire::CallContext& context, std::string_view type,
                         std::string_view name) {
    return SageMakerArn(context.region, context.caller.account, type, name);
}

std::string LogGroup(std::string_view endpoint) {
    return "/aws/sagemaker/Endpoints/" + std::string(endpoint);
}

core::Error Validation(std::string message) {
    return {core::Code::kInvalidArgument, "ValidationException", std::move(message)};
}

core::Error CouldNotFind(std::string_view what, std::string_view arn) {
    return Validation("Could not find " + std::string(what) + " \"" + std::string(arn) + "\".");
}

core::Error AlreadyThere(std::string_view what, std::string_view arn) {
    return Validation("Cannot create already existing " + std::string(what) + " \"" +
                      std::string(arn) + "\".");
}

}  // namespace gyre::serving
