#include "core/manager/manager.h"
