#include "core/agent/agent.h"
