#include "serving/endpoint_routes.h"

#include <algorithm>
#include <charconv>

#include "serving/capture/capture_tap.h"
#include "serving/shadow/shadow_tap.h"

namespace gyre::serving {
namespace {

std::shared_ptr<const multi_model::MultiModelRoute> MultiModelOf(const Deployment& deployment,
                                                                 const DeployedVariant& variant,
                                                                 const RouteSources& sources) {
    auto route = std::make_shared<multi_model::MultiModelRoute>();
    route->key = multi_model::ShelfKey(deployment, variant);
    // Before the endpoint's first step there is no shelf: what is asked for waits, and asks again.
    route->shelf =
        sources.shelf != nullptr ? sources.shelf : std::make_shared<multi_model::ModelShelf>([] {});
    if (sources.fleet == nullptr) return route;
    for (const std::string& model : route->shelf->Wanted(route->key)) {
        auto hosts = sources.fleet->Links(deployment.id, multi_model::ModelGroup(variant, model));
        if (!hosts.empty()) route->models.emplace(model, std::move(hosts));
    }
    return route;
}

VariantRoute VariantOf(const Deployment& deployment, const DeployedVariant& variant,
                       const RouteSources& sources) {
    const Fleet* fleet = sources.fleet;
    VariantRoute route;
    route.name = variant.name;
    route.weight = variant.weight;
    route.hostname = variant.hostname;
    route.direct = variant.direct;
    for (const DeployedContainer& container : variant.further) {
        route.further.push_back({.hostname = container.hostname, .hosts = {}});
    }
    if (variant.multi_model) {
        route.multi_model = MultiModelOf(deployment, variant, sources);
        return route;
    }
    if (fleet == nullptr) return route;
    route.hosts = fleet->Links(deployment.id, variant.name);
    for (size_t i = 0; i < route.further.size(); i++) {
        route.further[i].hosts = fleet->Links(deployment.id, HostGroup(variant, i + 1));
    }
    return route;
}

/// The variants of a deployment with their hosts, their weights together as much as `share`.
void AddVariants(const Deployment& deployment, const RouteSources& sources, double share,
                 EndpointRoute& route) {
    double all = 0;
    for (const DeployedVariant& variant : deployment.variants) {
        all += variant.shadow ? 0 : variant.weight;
    }
    for (const DeployedVariant& variant : deployment.variants) {
        if (variant.shadow) continue;
        VariantRoute one = VariantOf(deployment, variant, sources);
        if (share < 1 && all > 0) one.weight *= share / all;
        route.variants.push_back(std::move(one));
    }
}

// A shadow gets the predictions of the one production variant in proportion to the weights.
double ShadowShare(const Deployment& deployment, const DeployedVariant& shadow) {
    for (const DeployedVariant& variant : deployment.variants) {
        if (!variant.shadow && variant.weight > 0) return shadow.weight / variant.weight;
    }
    return 1;
}

double ShadowTolerance(const DeployedVariant& shadow) {
    const auto text = shadow.environment.find("GYRE_SHADOW_TOLERANCE");
    if (text == shadow.environment.end()) return 0;
    double tolerance = 0;
    std::from_chars(text->second.data(), text->second.data() + text->second.size(), tolerance);
    return std::max(0.0, tolerance);
}

void AddTaps(const Deployment& deployed, const RouteSources& sources, EndpointRoute& route) {
    if (sources.capture != nullptr && !deployed.capture.is_null()) {
        auto config = capture::CaptureConfig::Read(deployed.capture);
        if (config && config->enabled && config->percent > 0) {
            route.taps.push_back(std::make_shared<capture::CaptureTap>(
                route.name, std::move(*config), sources.capture));
        }
    }
    if (sources.judge == nullptr) return;
    for (const DeployedVariant& variant : deployed.variants) {
        if (!variant.shadow) continue;
        route.taps.push_back(std::make_shared<shadow::ShadowTap>(
            shadow::ShadowTap::Options{.endpoint = route.name,
                                       .shadow = VariantOf(deployed, variant, sources),
                                       .share = ShadowShare(deployed, variant),
                                       .tolerance = ShadowTolerance(variant),
                                       .judge = sources.judge,
                                       .clock = sources.clock}));
    }
}

}  // namespace

EndpointRoute RouteOf(const std::string& name, const EndpointState& state,
                      const RouteSources& sources) {
    EndpointRoute route;
    route.name = name;
    route.status = state.status;
    if (state.unloaded) route.status = kUnloadedStatus;
    route.in_service = state.deployed.has_value() && state.status != "Deleting" && !state.unloaded;
    if (!route.in_service) return route;
    if (!state.deployed->async.is_null()) {
        if (auto config = async::AsyncConfig::Read(state.deployed->async)) {
            route.async = std::make_shared<const async::AsyncConfig>(std::move(*config));
        }
    }
    const double share = sources.share;
    const bool both = state.target && !state.InPlace() && share > 0;
    // Who asks for a variant by name finds that of the fleet with more of the traffic first.
    if (both && share > 0.5) AddVariants(*state.target, sources, share, route);
    if (!both || share < 1) {
        AddVariants(*state.deployed, sources, both ? 1 - share : 1, route);
    }
    if (both && share <= 0.5) AddVariants(*state.target, sources, share, route);
    AddTaps(*state.deployed, sources, route);
    return route;
}

std::string SignatureOf(const EndpointRoute& route) {
    std::string text = route.status;
    if (route.async != nullptr) text += " async";
    for (const VariantRoute& variant : route.variants) text += variant.Signature();
    for (const auto& tap : route.taps) text += "\n" + tap->Signature();
    return text;
}

}  // namespace gyre::serving
