// Package request makes requests of rows.
//
// A Spec says how, in the words of the command's flags. Compile turns it into a Plan,
// and finds what is wrong with it before anything is sent; Build then makes the request
// of one row. What does not depend on the row is worked out once: a row that is nothing
// but a URL costs next to nothing.
//
// A template is a Go text/template over the value of the row: {{.name}} is a field of
// it, {{.}} all of it, where a line is a string. A field that is not there is an error,
// not an empty text, unless default says what to take instead. So are null, arrays and
// objects, which are no text: json writes them as JSON. The functions, beside those
// that text/template has:
//
//	path    escapes a text as one segment of a path: {{path .id}}
//	query   escapes a text as part of a query: ?q={{query .q}}
//	json    writes a value as JSON: {"text":{{json .text}}}
//	b64     encodes a text as base64; sha256 is its digest in hexadecimal
//	upper, lower, trim    change a text
//	replace {{replace "from" "to" .text}}
//	join    {{join "," .tags}} joins the items of an array
//	int     makes a number for a comparison: {{if gt (int .n) 5}}
//	default {{default "none" .name}} or {{.name | default "none"}}: for a field that is
//	        missing, null or empty
//	env     {{env "NAME"}} is a variable of the environment, where that is allowed
//
// The fields key and index are there in every object that has none of that name: the
// key of the row and its index in the input.
//
// An expression is in the language of jq, as gojq implements it, and runs for a bounded
// number of steps.
package request
