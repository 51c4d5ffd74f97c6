#include "adapters/kafka/sasl_plugins.h"

#include <cstdlib>

namespace hearth::kafka {

void leave_out_sasl_plugins() {
  setenv("SASL_PATH", "", /*overwrite=*/0);
}

}  // namespace hearth::kafka
