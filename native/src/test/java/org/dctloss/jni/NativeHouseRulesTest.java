package org.dctloss.jni;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows of this room: values and the seam, JavaCPP and the JDK. */
@AnalyzeClasses(packages = "org.dctloss.jni", importOptions = DoNotIncludeTests.class)
class NativeHouseRulesTest {
    @ArchTest
    static final ArchRule nothingButTheSeamAndJavaCpp = classes()
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "org.dctloss",
                    "org.dctloss.spi",
                    "org.dctloss.jni",
                    "org.bytedeco.javacpp",
                    "org.bytedeco.javacpp.annotation",
                    "java..");

    @ArchTest
    static final ArchRule valuesAloneOfTheApi = noClasses()
            .should()
            .dependOnClassesThat()
            .haveNameMatching("org\\.dctloss\\.(DctLoss|LossSession|LossOptions|LossChecks|BlockDct|Backends).*");

    /** JavaCPP's pointers cost a thousand times what a call does, and their memory is nobody's. */
    @ArchTest
    static final ArchRule addressesAreNumbers =
            noClasses().should().dependOnClassesThat().haveNameMatching("org\\.bytedeco\\.javacpp\\..*Pointer.*");

    @ArchTest
    static final ArchRule theLibraryNeverPrints = noClasses()
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .callMethod(System.class, "exit", int.class);
}
