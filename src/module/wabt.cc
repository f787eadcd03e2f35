/* SPDX-License-Identifier: Apache-2.0 */
/* The only C++ in the tree: wabt 1.0.32 behind wabt.h. */
#include "module/wabt.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>

#include <wabt/binary-reader-ir.h>
#include <wabt/binary-reader.h>
#include <wabt/binary-writer.h>
#include <wabt/error-formatter.h>
#include <wabt/ir.h>
#include <wabt/stream.h>
#include <wabt/validator.h>
#include <wabt/wast-lexer.h>
#include <wabt/wast-parser.h>

/* WebAssembly 2.0: said in full, so that another version of wabt with other
 * defaults does not change what is accepted. */
static wabt::Features
profile()
{
	wabt::Features f;

	f.enable_mutable_globals();
	f.enable_sat_float_to_int();
	f.enable_sign_extension();
	f.enable_simd();
	f.enable_multi_value();
	f.enable_bulk_memory();
	f.enable_reference_types();
	f.disable_exceptions();
	f.disable_threads();
	f.disable_function_references();
	f.disable_tail_call();
	f.disable_annotations();
	f.disable_code_metadata();
	f.disable_gc();
	f.disable_memory64();
	f.disable_multi_memory();
	f.disable_extended_const();
	f.disable_relaxed_simd();
	return f;
}

static int
report(const wabt::Errors &errors, size_t *offset, char *text, size_t ntext)
{
	if (errors.empty()) {
		snprintf(text, ntext, "refused without a reason");
		return 1;
	}
	*offset = errors[0].loc.offset;
	snprintf(text, ntext, "%s", errors[0].message.c_str());
	return 1;
}

int
wabt_check(const void *wasm, size_t n, size_t *offset, char *text, size_t ntext)
try {
	wabt::Features features = profile();
	wabt::Errors errors;
	wabt::Module module;
	/* A broken custom section does not make a module invalid. */
	wabt::ReadBinaryOptions read(features, nullptr, false, true, false);

	*offset = 0;
	if (Failed(wabt::ReadBinaryIr("", wasm, n, read, &errors, &module)))
		return report(errors, offset, text, ntext);
	if (Failed(wabt::ValidateModule(
		&module, &errors, wabt::ValidateOptions(features))))
		return report(errors, offset, text, ntext);
	return 0;
} catch (const std::bad_alloc &) {
	snprintf(text, ntext, "it needs more memory than it may have");
	return -1;
} catch (const std::exception &x) {
	snprintf(text, ntext, "%s", x.what());
	return -1;
} catch (...) {
	snprintf(text, ntext, "unknown exception");
	return -1;
}

static char *
copy(const void *p, size_t n)
{
	char *out = static_cast<char *>(malloc(n + 1));

	if (!out)
		throw std::bad_alloc();
	memcpy(out, p, n);
	out[n] = '\0';
	return out;
}

/* As compilers say it, with the line and a mark under the place. */
static int
refuse(const wabt::Errors &errors, wabt::WastLexer *lexer, char **out,
    size_t *nout)
{
	auto finder = lexer->MakeLineFinder();
	std::string all = wabt::FormatErrorsToString(
	    errors, wabt::Location::Type::Text, finder.get());

	if (all.empty())
		all = "refused without a reason\n";
	*out = copy(all.data(), all.size());
	*nout = all.size();
	return 1;
}

int
wabt_assemble(
    const char *name, const void *text, size_t n, char **out, size_t *nout)
try {
	wabt::Features features = profile();
	wabt::Errors errors;
	wabt::WastParseOptions parse(features);
	std::unique_ptr<wabt::Module> module;
	auto lexer = wabt::WastLexer::CreateBufferLexer(name, text, n, &errors);
	wabt::MemoryStream stream;

	*out = nullptr;
	*nout = 0;
	if (Failed(wabt::ParseWatModule(lexer.get(), &module, &errors, &parse)))
		return refuse(errors, lexer.get(), out, nout);
	if (Failed(wabt::ValidateModule(
		module.get(), &errors, wabt::ValidateOptions(features))))
		return refuse(errors, lexer.get(), out, nout);
	wabt::WriteBinaryOptions write(features, true, false, true);
	if (Failed(wabt::WriteBinaryModule(&stream, module.get(), write)))
		return refuse(errors, lexer.get(), out, nout);
	auto &data = stream.output_buffer().data;
	*out = copy(data.data(), data.size());
	*nout = data.size();
	return 0;
} catch (...) {
	*out = nullptr;
	return -1;
}
