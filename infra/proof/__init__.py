"""Long journeys through the whole product that anyone can take by hand; the tests take them at a smaller size."""
