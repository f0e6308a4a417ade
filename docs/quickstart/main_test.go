package main

func Example() {
	main()
	// Output: gopher has [inbox calendar]
}
