package scaffold_test

import (
	"strings"
	"testing"

	"github.com/inflight-go/inflight/internal/scaffold"
)

// A folder gives its name to the module, without what no module may have in it.
func TestModulePath(t *testing.T) {
	for folder, want := range map[string]string{
		"shop":           "shop",
		"My Shop!":       "My-Shop",
		"team's  jobs 2": "team-s-jobs-2",
		".config":        "config",
		"a.b_c~d":        "a.b_c~d",
		"größe":          "gr-e",
	} {
		if got, err := scaffold.ModulePath(folder); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", folder, got, err, want)
		}
	}
	for _, folder := range []string{"日本", "...", "fmt", "time", "v2", "con", "nul.txt", "x~1"} {
		if got, err := scaffold.ModulePath(folder); err == nil || !strings.Contains(err.Error(), "--module example.com/") {
			t.Errorf("%q: %q, %v", folder, got, err)
		}
	}
}

// The paths that the go command refuses are refused, and so is what it could not build.
func TestCheckModule(t *testing.T) {
	for _, good := range []string{"shop", "example.com/shop", "example.com/shop/v2", "example.com/Shop/v12", "test", "example", "gopher.example/x_y~z.w", "example.com/v2x"} {
		if err := scaffold.CheckModule(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for bad, want := range map[string]string{
		"":                    "can't be empty",
		"/shop":               "nothing before",
		"shop/":               "nothing before",
		"a//b":                "nothing before",
		"a b":                 `" " can't be in it`,
		"shöp":                `"ö" can't be in it`,
		"a\\b":                `"\\" can't be in it`,
		"example.com/shop@v1": `"@" can't be in it`,
		"-x":                  "dash or a dot",
		"a/.hidden":           "dash or a dot",
		"..":                  "dash or a dot",
		"shop.":               "dash or a dot",
		"example.com/aux.go":  "device",
		"example.com/x~12":    "short names",
		"net/http":            "example.com/net/http",
		"cmd":                 "standard library",
		"example.com/x/v1":    "from v2 on",
		"example.com/x/v02":   "from v2 on",
		"example.com/x/v1.2":  "from v2 on",
		"v3":                  "from v2 on",
		scaffold.Path:         "inflight itself",
	} {
		if err := scaffold.CheckModule(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", bad, err, want)
		}
	}
}

// Whatever a folder is called: its module is one, and stays what it is.
func FuzzModulePath(f *testing.F) {
	for _, seed := range []string{"shop", "My Shop!", "日本", "...", "v2", "con.x", "a~1", "-.-", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, folder string) {
		module, err := scaffold.ModulePath(folder)
		if err != nil {
			return
		}
		if again, err := scaffold.ModulePath(module); again != module || err != nil {
			t.Errorf("%q: %q, and then %q, %v", folder, module, again, err)
		}
		if strings.ContainsAny(module, "/\\ \"'`$\n") {
			t.Errorf("%q: %q", folder, module)
		}
	})
}
