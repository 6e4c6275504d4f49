# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB

# A program outside the project cannot be linked to sanitized libraries: that
# build, which lies within the plain one, tests how the plain one is installed.
set(INSTALL_FROM ${PROJECT_BINARY_DIR})
if(SANITIZE)
	get_filename_component(INSTALL_FROM ${PROJECT_BINARY_DIR} DIRECTORY)
endif()
if(EXISTS ${INSTALL_FROM}/CMakeCache.txt OR NOT SANITIZE)
	script_test(install ../package/check_install.py
		--build ${INSTALL_FROM} --cc ${CMAKE_C_COMPILER})
	script_test(package_lists ../package/check_lists.py
		--build ${INSTALL_FROM} --version ${PROJECT_VERSION}
		--compatible ${COMPATIBLE} --stock-symbols
		${STOCK_ROOT_newest}/symbols)
endif()

# pyverbs from its sdist, which needs the compiler a second time.
if(PYTHON OR EXISTS ${PYTHON_BUILD}/CMakeCache.txt)
	script_test(sdist ../package/check_sdist.py --build ${INSTALL_FROM}
		--source ${PROJECT_SOURCE_DIR} --version ${PROJECT_VERSION})
endif()
