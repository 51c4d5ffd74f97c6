// Boost.JSON, compiled like our own code: the linker then drops the functions that a program does not
// use. Debian's archive is one object, which is linked whole.
#include <boost/json/src.hpp>
