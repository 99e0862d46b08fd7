#pragma once
// What takes long to compile and nearly every test includes: compiled once, for the test programs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "precompiled.h"
