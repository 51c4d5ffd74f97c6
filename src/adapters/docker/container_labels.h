#pragma once

#include <string_view>

namespace hearth::docker {

/// The labels of Hearth's containers; docs/reference/containers.md says what they hold.
inline constexpr std::string_view kClusterLabel = "hearth.cluster";
inline constexpr std::string_view kNodeLabel = "hearth.node";
inline constexpr std::string_view kInstanceLabel = "hearth.instance";
inline constexpr std::string_view kWorkloadLabel = "hearth.workload";
inline constexpr std::string_view kGenerationLabel = "hearth.generation";
inline constexpr std::string_view kRestartsLabel = "hearth.restarts";
/// The id of the image that it was created from.
inline constexpr std::string_view kImageLabel = "hearth.image";

/// Whether a container with these two is not ours, although it bears our labels: an image made of
/// one of our containers passes its labels on to whatever is created from it. A container without
/// the label is ours: Hearth did not always write it.
inline bool is_stranger(std::string_view image_label, std::string_view image) {
  return !image_label.empty() && image_label != image;
}

}  // namespace hearth::docker
