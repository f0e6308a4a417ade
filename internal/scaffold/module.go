package scaffold

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Path is the path of inflight's own module.
const Path = "github.com/inflight-go/inflight"

// modulePath makes the path of a module of the name of a folder.
func modulePath(folder string) (string, error) {
	name := strings.Trim(unfit.ReplaceAllString(folder, "-"), "-.~_")
	if err := checkModule(name); err != nil {
		return "", fmt.Errorf("the folder %q can't give its name to the module (%w): say another by --module, such as --module example.com/jobs", folder, err)
	}
	return name, nil
}

// unfit is what can't stand in an element of the path of a module.
var unfit = regexp.MustCompile(`[^A-Za-z0-9._~-]+`)

// checkModule says what is wrong with the path of a module, by the rules of the go
// command for one that is built here.
func checkModule(module string) error {
	if module == "" {
		return errors.New("the path of a module can't be empty")
	}
	if module == Path {
		return errors.New("that is the module of inflight itself")
	}
	elements := strings.Split(module, "/")
	for _, e := range elements {
		if err := checkElement(e); err != nil {
			return err
		}
	}
	if slices.Contains(standard, elements[0]) {
		return fmt.Errorf("%s belongs to Go's standard library: put a host in front, such as example.com/%s", elements[0], module)
	}
	if last := elements[len(elements)-1]; version.MatchString(last) && (len(elements) == 1 || !major.MatchString(last)) {
		return fmt.Errorf("%s at the end is a version: they are from v2 on, behind a name", last)
	}
	return nil
}

// checkElement says what is wrong with what stands between two slashes.
func checkElement(e string) error {
	switch {
	case e == "":
		return errors.New("there is nothing before, behind or between its slashes")
	case unfit.MatchString(e):
		return fmt.Errorf("%s can't be in it: letters of ASCII, digits and -._~ can", strconv.Quote(unfit.FindString(e)))
	case e[0] == '-' || e[0] == '.', e[len(e)-1] == '.':
		return fmt.Errorf("%q begins with a dash or a dot, or ends with a dot", e)
	}
	name, _, _ := strings.Cut(e, ".")
	if slices.Contains(devices, strings.ToLower(name)) {
		return fmt.Errorf("%q is the name of a device on Windows", e)
	}
	if short.MatchString(name) {
		return fmt.Errorf("%q ends as short names on Windows do", e)
	}
	return nil
}

var (
	version = regexp.MustCompile(`^v[0-9.]+$`)
	major   = regexp.MustCompile(`^v([2-9]|[1-9][0-9]+)$`) // what a module may end with
	short   = regexp.MustCompile(`~[0-9]+$`)
)

// devices are names that no file can have on Windows; the go command refuses them.
var devices = strings.Fields("con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 lpt9")

// standard are the folders of the standard library, and the words that the go command
// has for packages.
var standard = strings.Fields(`all archive bufio builtin bytes cmd cmp compress container context crypto
	database debug embed encoding errors expvar flag fmt go hash html image index internal io
	iter log main maps math mime net os path plugin reflect regexp runtime slices sort std strconv
	strings structs sync syscall testing text time tool unicode unique unsafe vendor weak work`)

// programName is what go build calls the program: the last element of the path that is
// no version.
func programName(module string) string {
	if dir, last := path.Split(module); dir != "" && major.MatchString(last) {
		return path.Base(dir)
	}
	return path.Base(module)
}
