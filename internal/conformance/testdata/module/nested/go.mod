module example.com/fixture/nested
