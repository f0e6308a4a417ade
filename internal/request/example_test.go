package request_test

import (
	"encoding/json"
	"fmt"

	"github.com/inflight-go/inflight/internal/request"
	"github.com/inflight-go/inflight/internal/source"
)

func ExampleCompile() {
	_, err := request.Compile(request.Spec{URL: "https://example.com/{{pth .id}}"})
	fmt.Println(err)
	// Output:
	// URL: there is no function "pth"; is it "path"?
	//   https://example.com/{{pth .id}}
	//                         ^
}

func ExamplePlan_Build() {
	plan, err := request.Compile(request.Spec{URL: "https://example.com/u/{{path .id}}", JSON: `{"name":{{json .name}}}`, Key: ".id"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"name", "nmae"} {
		req, err := plan.Build(source.Row{Value: map[string]any{"id": "a/b", name: `"Ada"`}})
		fmt.Println(req.Method, req.URL, string(req.Body), req.Key, err)
	}
	// Output:
	// POST https://example.com/u/a%2Fb {"name":"\"Ada\""} a/b <nil>
	//     JSON, column 16: no field "name"; is it "nmae"?; there are: id, nmae
}

func ExamplePlan_Key() {
	plan, err := request.Compile(request.Spec{Key: `"\(.first)-\(.last)"`})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Key(source.Row{Value: map[string]any{"first": "a", "last": json.Number("7")}}))
	// Output: a-7 <nil>
}

func ExampleCurl() {
	plan, err := request.Compile(request.Spec{URL: "https://example.com/?q={{query .}}", Headers: []string{"Authorization: Bearer abc"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	req, err := plan.Build(source.Row{Value: "a b"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(request.Curl(req))
	// Output: curl 'https://example.com/?q=a+b' -H 'Authorization: Bearer REDACTED'
}

func ExampleCompileExpr() {
	_, err := request.CompileExpr(".messages | lenght")
	fmt.Println(err)
	// Output:
	// there is no function lenght; is it length?
	//   .messages | lenght
	//               ^
}

// usage is an answer with its cost.
var usage = map[string]any{"usage": map[string]any{"total_tokens": json.Number("812")}, "choices": []any{}}

func mustExpr(text string) *request.Expr {
	e, err := request.CompileExpr(text)
	if err != nil {
		panic(err)
	}
	return e
}

func ExampleExpr_Eval() {
	fmt.Println(mustExpr("[.usage.total_tokens, (.choices | length)]").Eval(usage))
	// Output: [812 0] <nil>
}

func ExampleExpr_Number() {
	fmt.Println(mustExpr(".usage.total_tokens / 4").Number(usage))
	fmt.Println(mustExpr(".usage.total").Number(usage))
	// Output:
	// 203 <nil>
	// 0 the expression .usage.total gives null; want a number; there are: choices, usage
}

func ExampleExpr_Bool() {
	fmt.Println(mustExpr(".usage.total_tokens > 1000").Bool(usage))
	// Output: false <nil>
}

func ExampleExpr_Text() {
	fmt.Println(mustExpr(`"cost: \(.usage.total_tokens)"`).Text(usage))
	// Output: cost: 812 <nil>
}

func ExampleExpr_String() {
	fmt.Println(mustExpr(".usage"))
	// Output: .usage
}
