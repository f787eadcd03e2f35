// The function.  What it may ask for is in runnable.hpp.
#include "runnable.hpp"

// Say hello to whoever the input names.
runnable::Result
run(std::string_view input)
{
	if (input.empty())
		return runnable::Error{400, "the input is empty: send a name"};
	runnable::log::info("saying hello");
	return "hello " + std::string(input);
}
